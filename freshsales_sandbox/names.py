"""The words that invented companies are made of."""


def _words(text: str) -> list[str]:
    return text.split()


GIVEN_NAMES = _words("""
    Aisha Alejandro Amara Amélie Anders Andrea Anika Antoine Ava Beatriz Ben Björn Camila Carlos Carmen
    Chen Chloé Clara Daniel Darius David Deepa Diego Dimitri Dina Eileen Elena Eli Emeka Emily Emma Erik
    Esther Fatima Felix Fiona Florian Gabriel Giulia Grace Hana Hannah Hassan Helen Hugo Ian Imani Ines
    Ingrid Isaac Isabel Jack Jan Jasmine Javier Jing Joanna Jonas José Julia Kai Karim Katarzyna Kenji
    Kwame Lara Laura Leila Leo Lina Lucas Lucía Magnus Malik Maria Marcus Marta Mateo Maya Mei Michael
    Mina Mohamed Nadia Naomi Nathan Niamh Nina Noah Nora Oliver Olga Omar Oscar Paolo Patricia Pavel
    Petra Priya Rachel Rafael Ravi Rebecca Robert Rosa Ruth Ryan Samuel Sanjay Sara Sergei Simon Sofia
    Stefan Sunita Tariq Tess Thomas Tomás Uma Valentina Victor Wanjiru William Xin Yara Yuki Yusuf Zoë
""")

FAMILY_NAMES = _words("""
    Abbott Adeyemi Ahmed Almeida Andersson Baker Banerjee Barnes Bauer Becker Bennett Bianchi Brown
    Byrne Campbell Carter Castillo Chowdhury Clarke Cohen Collins Costa Cruz Davies Delgado Dubois
    Duarte Edwards Eriksson Evans Fernández Fischer Flores Foster Garcia Gill Gomez Gonçalves Graham
    Green Gupta Haddad Hall Hansen Harris Hayes Hoffmann Hughes Ibrahim Ito Ivanova Jackson Jansen
    Johansson Jones Joshi Kamau Kaplan Kaur Kelly Khan Kim Klein Kowalska Krüger Kumar Lambert Larsen
    Lee Lewis Li Lopes López Mahmoud Marino Martin Mbeki Medina Mehta Meyer Mitchell Moore Morales
    Moreau Müller Murphy Mwangi Nakamura Nelson Nguyen Nielsen Novak O'Brien O'Connor Okafor Okonkwo
    Olsen Ortega Osei Owens Park Patel Pereira Perez Peterson Phillips Popescu Price Quinn Rahman Ramos
    Rao Reed Reyes Ricci Rivera Roberts Romano Rossi Roy Russo Sanchez Santos Sato Schmidt Schneider
    Shah Sharma Silva Singh Smith Sørensen Suzuki Svensson Takahashi Tanaka Taylor Thomas Torres Turner
    Usman Van-Dijk Vargas Vogel Walker Wang Watson Weber Williams Wilson Wong Wright Yamamoto Yılmaz
    Young Zhang Ziegler
""")

# Department: (share of the staff, division, titles from the head down).
DEPARTMENTS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "Sales": (
        40,
        "Revenue",
        ("VP Sales", "Regional Sales Manager", "Account Executive", "Sales Development Representative"),
    ),
    "Customer Success": (
        14,
        "Revenue",
        ("VP Customer Success", "Customer Success Lead", "Customer Success Manager", "Onboarding Specialist"),
    ),
    "Marketing": (
        10,
        "Revenue",
        ("VP Marketing", "Marketing Manager", "Campaign Specialist", "Content Writer"),
    ),
    "Support": (
        12,
        "Service",
        ("Head of Support", "Support Team Lead", "Support Engineer", "Support Agent"),
    ),
    "Engineering": (
        10,
        "Product",
        ("VP Engineering", "Engineering Manager", "Software Engineer", "Data Engineer"),
    ),
    "Finance": (
        5,
        "Administration",
        ("Chief Financial Officer", "Finance Manager", "Accountant", "Billing Analyst"),
    ),
    "People": (
        4,
        "Administration",
        ("Chief People Officer", "People Partner", "Recruiter", "Payroll Specialist"),
    ),
    "IT": (
        5,
        "Administration",
        (
            "Head of IT",
            "IT Operations Manager",
            "Systems Administrator",
            "Service Desk Analyst",
            "CRM Administrator",
        ),
    ),
}

ROLES = (
    "Account Administrator",
    "Administrator",
    "Sales Manager",
    "Sales User",
    "Customer Success User",
    "Marketing User",
    "Support User",
    "Restricted User",
)

TERRITORIES = (
    "North America East",
    "North America West",
    "Latin America",
    "UK & Ireland",
    "DACH",
    "Southern Europe",
    "Nordics",
    "Middle East & Africa",
    "India",
    "Asia-Pacific",
)

TEAMS = ("Hunters", "Farmers", "Partners", "Renewals")

# (the CRM's Rails name, the identity provider's IANA name, language, locale)
PLACES = (
    ("Eastern Time (US & Canada)", "America/New_York", "en", "en-US"),
    ("Arizona", "America/Phoenix", "en", "en-US"),
    ("Pacific Time (US & Canada)", "America/Los_Angeles", "en", "en-US"),
    ("Mexico City", "America/Mexico_City", "es", "es-MX"),
    ("London", "Europe/London", "en", "en-GB"),
    ("Berlin", "Europe/Berlin", "de", "de-DE"),
    ("Madrid", "Europe/Madrid", "es", "es-ES"),
    ("Stockholm", "Europe/Stockholm", "sv", "sv-SE"),
    ("Mumbai", "Asia/Kolkata", "en", "en-IN"),
    ("Sydney", "Australia/Sydney", "en", "en-AU"),
)

PROJECTS = _words("""
    Aurora Beacon Cedar Delta Ember Falcon Granite Harbor Iris Juniper Kestrel Lagoon Meridian Nova
    Orchid Pioneer Quartz Redwood Summit Tundra Umbra Vertex Willow Zephyr
""")
