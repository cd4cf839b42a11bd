// The search for people: every word must be somewhere in the data of the person.

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

  // Made at the first search, so that the page opens sooner.
  text(row) {
    if (!this.texts.has(row)) {
      const values = SEARCHED.map((column) => this.people.value(column, row));
      this.texts.set(row, plain([...values, managerName(this.people, row)].join(" ")));
    }
    return this.texts.get(row);
  }
}

// In lower case and without accents: "zoe" finds "Zoë".
function plain(text) {
  return text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();
}
