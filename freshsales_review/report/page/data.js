// The payload: every cell is an index into the dictionary of its column's name.

class Table {
  constructor(report, name) {
    this.length = report.tables[name].rows;
    this.columns = report.tables[name].columns;
    this.dictionaries = report.dictionaries;
  }

  value(column, row) {
    return this.dictionaries[column][this.columns[column][row]];
  }

  record(row) {
    return Object.fromEntries(Object.keys(this.columns).map((column) => [column, this.value(column, row)]));
  }

  rows() {
    return [...Array(this.length).keys()];
  }

  // The person of a row. Tables share the dictionaries, so the same number is the same person in every table.
  person(row) {
    return this.columns.identity_key[row] * this.dictionaries.account.length + this.columns.account[row];
  }

  // Map from persons to their rows, in order.
  byPerson() {
    this.rowsOfPersons ??= Map.groupBy(this.rows(), (row) => this.person(row));
    return this.rowsOfPersons;
  }
}

async function readReport() {
  const report = await unpacked("payload");
  for (const name of Object.keys(report.tables)) report[name] = new Table(report, name);
  return report;
}
