// The search over people: every word has to stand somewhere in what is known of the person.

const SEARCHED = [
  "name",
  "email",
  "user_name",
  "crm_owner_id",
  "scim_user_id",
  "identity_key",
  "reasons",
  "department",
  "title",
];

class Search {
  constructor(people) {
    this.people = people;
    this.texts = new Map();
    this.words = [];
  }

  set(words) {
    this.words = plain(words).split(/\s+/).filter(Boolean);
  }

  finds(row) {
    return this.words.every((word) => this.text(row).includes(word));
  }

  // Made when it is first searched: a page that nobody searches opens sooner.
  text(row) {
    if (!this.texts.has(row)) {
      const values = SEARCHED.map((column) => this.people.value(column, row));
      this.texts.set(row, plain([...values, managerName(this.people, row)].join(" ")));
    }
    return this.texts.get(row);
  }
}

// In small letters and without accents: "zoe" finds "Zoë".
function plain(text) {
  return text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();
}
