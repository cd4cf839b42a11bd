// The filtered people, or what they hold, as CSV: with the read that each row comes from, and columns for the
// reviewer to fill in. `freshsales-review decide` takes both.

const EVIDENCE = ["grant_key", "sync_id", "population_sha256"];
const TO_FILL_IN = ["decision", "reviewer", "note", "decided_at"];
const STREAMS = { crm_role: "owners", crm_territory: "owners", scim_group: "scim_group_members" };
// Characters that start a formula in a spreadsheet, also in full width (OWASP, CSV injection).
const FORMULA = /^\s*[=+\-@＝＋－＠\t\r\n]/;

function csvOfPeople({ people, entitlements, rests_on: reads }, rows) {
  const columns = Object.keys(people.columns);
  const held = entitlements.byPerson();
  const lines = rows.map((row) => [
    ...columns.map((column) => people.value(column, row)),
    (held.get(people.person(row)) ?? []).map((at) => entitlementInWords(entitlements, at)).join("; "),
    null,
    ...readOf(
      reads,
      people.value("account", row),
      people.value("scim_user_id", row) === null ? "owners" : "scim_users",
    ),
    ...TO_FILL_IN.map(() => null),
  ]);
  return csv([[...columns, "entitlements", ...EVIDENCE, ...TO_FILL_IN], ...lines]);
}

function csvOfGrants({ people, entitlements, rests_on: reads }, rows) {
  const named = ["name", "email", "department"];
  const columns = ["account", "identity_key", "resource_type", "resource_name", "entitlement", "granted_via"];
  const held = entitlements.byPerson();
  const lines = rows.flatMap((row) =>
    (held.get(people.person(row)) ?? []).map((at) => [
      ...named.map((column) => people.value(column, row)),
      ...columns.map((column) => entitlements.value(column, at)),
      entitlements.value("grant_key", at),
      ...readOf(
        reads,
        people.value("account", row),
        STREAMS[entitlements.value("resource_type", at)] ?? "scim_users",
      ),
      ...TO_FILL_IN.map(() => null),
    ]),
  );
  return csv([[...named, ...columns, ...EVIDENCE, ...TO_FILL_IN], ...lines]);
}

// The last complete read of a stream: its run, and the hash of its population.
function readOf(reads, account, stream) {
  const row = reads
    .rows()
    .find((at) => reads.value("account", at) === account && reads.value("stream", at) === stream);
  return ["sync_id", "population_sha256"].map((column) =>
    row === undefined ? null : reads.value(column, row),
  );
}

// The mark tells Excel that this is UTF-8.
function csv(lines) {
  return "\ufeff" + lines.map((line) => line.map(csvCell).join(",") + "\r\n").join("");
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
