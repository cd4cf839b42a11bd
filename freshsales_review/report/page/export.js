// The filtered people as CSV, with columns for the reviewer to fill in.

const TO_FILL_IN = ["decision", "reviewer", "note"];
// What a spreadsheet takes for the start of a formula, also in full width (OWASP, CSV injection).
const FORMULA = /^\s*[=+\-@＝＋－＠\t\r\n]/;

function csvOf({ people, entitlements }, rows) {
  const columns = Object.keys(people.columns);
  const held = entitlements.byPerson();
  const lines = rows.map((row) => [
    ...columns.map((column) => people.value(column, row)),
    (held.get(people.person(row)) ?? []).map((at) => entitlementInWords(entitlements, at)).join("; "),
    ...TO_FILL_IN.map(() => null),
  ]);
  // The mark tells Excel that this is UTF-8.
  return (
    "\ufeff" +
    [[...columns, "entitlements", ...TO_FILL_IN], ...lines]
      .map((line) => line.map(csvCell).join(",") + "\r\n")
      .join("")
  );
}

function entitlementInWords(entitlements, row) {
  return ["resource_type", "resource_name"].map((column) => entitlements.value(column, row)).join(": ");
}

function csvCell(value) {
  const text = value === null ? "" : String(value);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
