// The filters above the table. A filter is a set of rows of people; a row is shown when it is in every one.

class Filters {
  constructor(report, changed) {
    this.report = report;
    this.changed = changed;
    this.chosen = new Map();
    this.selects = new Map();
    const people = report.people;
    const byColumn = (column) => groupRows(people.rows(), (row) => [people.value(column, row)]);
    this.choices = {
      account: byColumn("account"),
      status: byColumn("status"),
      flag: groupRows(people.rows(), (row) =>
        report.flags.map((flag) => flag.column).filter((flag) => people.value(flag, row) === true)),
      role: this.entitled("crm_role", "scim_role"),
      group: this.entitled("scim_group"),
      department: byColumn("department"),
      manager: groupRows(people.rows(), (row) => [managerName(people, row)]),
    };
    if (this.choices.account.size < 2) delete this.choices.account;
    this.build();
  }

  // Map from the name of a resource of these types to the people who hold it.
  entitled(...types) {
    const { people, entitlements } = this.report;
    const personOf = new Map(people.rows().map((row) => [people.key(row, "account", "identity_key"), row]));
    const found = new Map();
    for (const row of entitlements.rows()) {
      if (!types.includes(entitlements.value("resource_type", row))) continue;
      const person = personOf.get(entitlements.key(row, "account", "identity_key"));
      const name = entitlements.value("resource_name", row);
      if (!found.has(name)) found.set(name, new Set());
      found.get(name).add(person);
    }
    return found;
  }

  build() {
    const fields = Object.entries(this.choices).map(([name, groups]) => {
      const words = [...groups.keys()].map((key) => [key, this.words(name, key)]);
      words.sort((one, other) => one[1].localeCompare(other[1]));
      // A key may be null: options stand for places in this list.
      const keys = words.map(([key]) => key);
      const select = element("select", { id: `filter-${name}`, change: () => this.set(name, keys[select.value]) },
        element("option", { value: "" }, "Any"),
        ...words.map(([key, text], place) => element("option", { value: place }, `${text} (${count(groups.get(key).size)})`)));
      this.selects.set(name, { select, keys });
      return element("label", {}, element("span", {}, name[0].toUpperCase() + name.slice(1)), select);
    });
    this.search = element("input", { type: "search", id: "search", placeholder: "Name, email, id, reason", input: () => this.changed() });
    fill("filters", element("label", { class: "search" }, element("span", {}, "Search"), this.search), ...fields);
    document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  }

  words(name, key) {
    if (key === null) return "(none)";
    if (name === "status") return this.report.statuses[key] ?? key;
    if (name === "flag") return this.report.flags.find((flag) => flag.column === key).label;
    return key;
  }

  set(name, key) {
    const { select, keys } = this.selects.get(name);
    const place = keys.indexOf(key);
    select.value = place < 0 ? "" : place;
    if (place < 0) this.chosen.delete(name);
    else this.chosen.set(name, this.choices[name].get(key));
    this.changed();
  }

  clear() {
    for (const { select } of this.selects.values()) select.value = "";
    this.chosen.clear();
    this.search.value = "";
    this.changed();
  }

  holds(row) {
    for (const rows of this.chosen.values()) if (!rows.has(row)) return false;
    return true;
  }
}

function groupRows(rows, keysOf) {
  const found = new Map();
  for (const row of rows) {
    for (const key of keysOf(row)) {
      if (!found.has(key)) found.set(key, new Set());
      found.get(key).add(row);
    }
  }
  return found;
}
