// The filters above the table. Each is a set of rows of people. A row is shown if it is in every set.

const LISTS = { to_decide: "Needs a decision", left_out: "Left out", nothing: "Nothing found" };
const DECIDED = { new: "New since the last decision", unchanged: "Unchanged since the last decision" };

// Nothing was decided about the person, or something has changed since.
function isNewSinceDecision(people, row) {
  return people.value("last_decision", row) === null || people.value("changed_since_decision", row) !== false;
}

class Filters {
  constructor(report, changed) {
    this.report = report;
    this.search = new Search(report.people);
    this.changed = () => {
      this.search.set(this.input.value);
      changed();
    };
    this.chosen = new Map();
    this.selects = new Map();
    const people = report.people;
    const byColumn = (column) => this.grouped((row) => people.value(column, row));
    this.choices = {
      list: this.lists(),
      account: byColumn("account"),
      status: byColumn("status"),
      flag: new Map(report.flags.map((flag) => [flag.column, this.flagged(flag.column)])),
      role: this.entitled("crm_role", "scim_role"),
      group: this.entitled("scim_group"),
      department: byColumn("department"),
      manager: this.grouped((row) => managerName(people, row)),
      decision: this.grouped((row) => (isNewSinceDecision(people, row) ? "new" : "unchanged")),
    };
    if (!hasCampaigns(report)) delete this.choices.decision;
    if (this.choices.account.size < 2) delete this.choices.account;
    this.build();
  }

  grouped(keyOf) {
    return new Map(
      [...Map.groupBy(this.report.people.rows(), keyOf)].map(([key, rows]) => [key, new Set(rows)]),
    );
  }

  // People who need a decision; people with a score of whom no flag calls for a decision; everybody else.
  lists() {
    const { people } = this.report;
    const listed = new Map(Object.keys(LISTS).map((name) => [name, new Set()]));
    for (const row of people.rows()) {
      const name = people.value("needs_decision", row)
        ? "to_decide"
        : people.value("risk_score", row) > 0
          ? "left_out"
          : "nothing";
      listed.get(name).add(row);
    }
    return listed;
  }

  flagged(flag) {
    const { people } = this.report;
    return new Set(people.rows().filter((row) => people.value(flag, row) === true));
  }

  // Map from the name of a resource of these types to the people who hold it.
  entitled(...types) {
    const { people, entitlements } = this.report;
    const rowsOf = people.byPerson();
    const found = new Map();
    for (let row = 0; row < entitlements.length; row += 1) {
      if (!types.includes(entitlements.value("resource_type", row))) continue;
      const name = entitlements.value("resource_name", row);
      if (!found.has(name)) found.set(name, new Set());
      found.get(name).add(rowsOf.get(entitlements.person(row))[0]);
    }
    return found;
  }

  build() {
    const fields = Object.entries(this.choices).map(([name, groups]) => {
      const words = [...groups.keys()].map((key) => [key, this.words(name, key)]);
      if (name !== "list") words.sort((one, other) => alphabet.compare(one[1], other[1]));
      // A key may be null, so the value of an option is an index into this list.
      const keys = words.map(([key]) => key);
      const select = element(
        "select",
        { id: `filter-${name}`, change: () => this.set(name, keys[select.value]) },
        element("option", { value: "" }, "Any"),
        ...words.map(([key, text], place) =>
          element("option", { value: place }, `${text} (${count(groups.get(key).size)})`),
        ),
      );
      this.selects.set(name, { select, keys });
      return labelled(name[0].toUpperCase() + name.slice(1), select);
    });
    this.input = element("input", {
      type: "search",
      id: "search",
      placeholder: "Name, email, id, reason",
      input: () => this.changed(),
    });
    fill("filters", labelled("Search", this.input), ...fields);
    document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  }

  words(name, key) {
    if (key === null) return "(none)";
    if (name === "list") return LISTS[key];
    if (name === "status") return this.report.statuses[key] ?? key;
    if (name === "flag") return this.report.flags.find((flag) => flag.column === key).label;
    if (name === "decision") return DECIDED[key];
    return key;
  }

  set(name, key) {
    this.preset(name, key);
    this.changed();
  }

  // Before there is a table to draw.
  preset(name, key) {
    const { select, keys } = this.selects.get(name);
    const place = keys.indexOf(key);
    select.value = place < 0 ? "" : place;
    if (place < 0) this.chosen.delete(name);
    else this.chosen.set(name, this.choices[name].get(key));
  }

  clear() {
    for (const { select } of this.selects.values()) select.value = "";
    this.chosen.clear();
    this.input.value = "";
    this.changed();
  }

  // The people of a bar are shown, whether or not they are on the list.
  pick(name, key) {
    this.preset("list", undefined);
    this.set(name, key);
  }

  // Paper shows no filters, so these words say what is left out.
  inWords() {
    const chosen = [...this.selects]
      .filter(([name]) => this.chosen.has(name))
      .map(([name, { select, keys }]) => `${name} ${this.words(name, keys[select.value])}`);
    if (this.input.value !== "") chosen.push(`search “${this.input.value}”`);
    return chosen.length === 0 ? "" : ` by ${chosen.join(", ")}`;
  }

  holds(row) {
    for (const rows of this.chosen.values()) if (!rows.has(row)) return false;
    return this.search.finds(row);
  }
}
