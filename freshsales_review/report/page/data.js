// The payload: gzip in base64; every cell is a place in the dictionary of its column's name.

class Table {
  constructor(document, name) {
    this.length = document.tables[name].rows;
    this.columns = document.tables[name].columns;
    this.dictionaries = document.dictionaries;
  }

  value(column, row) {
    return this.dictionaries[column][this.columns[column][row]];
  }

  record(row) {
    return Object.fromEntries(Object.keys(this.columns).map((column) => [column, this.value(column, row)]));
  }

  rows() {
    return Array.from({ length: this.length }, (_, row) => row);
  }

  // Map from the key that `columns` make to the rows that hold it, in order.
  rowsBy(...columns) {
    const found = new Map();
    for (let row = 0; row < this.length; row += 1) {
      const key = this.key(row, ...columns);
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(row);
    }
    return found;
  }

  // Dictionaries are shared, so equal places mean equal values in whatever table.
  key(row, ...columns) {
    return columns.map((column) => this.columns[column][row]).join(" ");
  }
}

async function readReport() {
  const packed = atob(document.getElementById("payload").textContent);
  const bytes = new Uint8Array(packed.length);
  for (let place = 0; place < packed.length; place += 1) bytes[place] = packed.charCodeAt(place);
  const unzipped = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const report = await new Response(unzipped).json();
  for (const name of Object.keys(report.tables)) report[name] = new Table(report, name);
  return report;
}
