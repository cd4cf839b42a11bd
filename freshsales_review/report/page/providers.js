// The other side: the people whom the identity provider and the roster know, and where the two sides differ.

const DIFFERENCES = {
  left_still_in: "Left there, and still in here",
  assigned_missing_here: "Assigned there, and missing here",
  here_unknown_there: "In here, and unknown there",
  here_not_assigned: "In here, and not assigned there",
  inactive_here_assigned_there: "Assigned there, and inactive or gone here",
  ambiguous: "More than one match is possible",
};
const OTHER_CATEGORIES = { in_order: "in order", not_known: "not known, for want of a whole list" };

// Without a source, nothing of the other side is on the page.
function hasProviders(report) {
  return report.sources.length > 0;
}

function showProviders(report, open) {
  const section = document.getElementById("providers");
  section.hidden = !hasProviders(report);
  if (section.hidden) return;
  const { people, differences, leaves } = report;
  const categories = Map.groupBy(differences.rows(), (row) => differences.value("category", row));
  const panels = document.getElementById("provider-panels");
  document.getElementById("reconciled").textContent = reconciledInWords(report);
  // What the lists below rest on comes first.
  panels.append(sourcesTable(report));

  const panel = (id, title, table, rows, columns) => {
    const persons = new Set(rows.map((row) => table.value("identity_key", row) ?? `row ${row}`)).size;
    const heading = element("h3", { id: `${id}-heading` }, `${title} (${count(persons)})`);
    const shown = element("table", { id, class: "stacks", "aria-labelledby": `${id}-heading` });
    panels.append(heading, rows.length ? shown : element("p", { class: "nothing" }, "Nobody."));
    if (rows.length) providerTable(shown, title, table, rows, columns, people, open);
  };
  const difference = (category) =>
    panel(category, DIFFERENCES[category], differences, categories.get(category) ?? [], [
      ["Source", (row) => differences.value("source", row)],
      ["Status there", (row) => differences.value("idp_status", row) ?? "not there"],
      ["In SCIM", (row) => differences.value("scim_status", row) ?? "not there"],
      ["In the CRM", (row) => differences.value("crm_status", row) ?? "not there"],
      ["Matched by", (row) => inWords(differences.value("idp_match_method", row) ?? "")],
    ]);

  difference("left_still_in");
  const failed = people.rows().filter((row) => people.value("deprovisioning_failed", row) === true);
  const pushes = leaves.byPerson();
  panel("failed_pushes", "Could not be taken away by the provider", people, failed, [
    ["Source", (row) => people.value("idp_source", row) ?? ""],
    ["Status there", (row) => people.value("idp_status", row) ?? "not there"],
    ["In SCIM", (row) => people.value("scim_status", row) ?? "not there"],
    ["In the CRM", (row) => people.value("crm_status", row) ?? "not there"],
    ["Last push", (row) => failedPush(leaves, pushes.get(people.person(row)) ?? [])],
  ]);
  for (const category of ["assigned_missing_here", "here_unknown_there"]) difference(category);
  for (const category of Object.keys(DIFFERENCES).slice(3)) if (categories.has(category)) difference(category);
  const seen = leaves.rows().filter((row) => leaves.value("sla", row) !== "not_seen");
  panel("leaves", "How long access lasted after the leave", leaves, seen, [
    ["Source", (row) => leaves.value("source", row)],
    ["Left", (row) => leftInWords(leaves, row)],
    ["Push", (row) => (leaves.value("push_result", row) ?? "not seen").toLowerCase()],
    ["Access seen", (row) => moment(leaves.value("access_seen_at", row))],
    ["No access seen", (row) => whenSeen(leaves.value("no_access_seen_at", row))],
    ["At least", (row) => hours(leaves.value("lag_at_least_hours", row))],
    ["At most", (row) => hours(leaves.value("lag_at_most_hours", row))],
    ["In time", (row) => inWords(leaves.value("sla", row))],
  ]);
  panels.append(
    element(
      "p",
      { class: "nothing" },
      `${plural(leaves.length - seen.length, "leave", "leaves")} more, of which no complete read has seen access.`,
    ),
  );
}

function reconciledInWords({ reconciled }) {
  const sources = Map.groupBy(reconciled.rows(), (row) => reconciled.value("source", row));
  return [...sources]
    .map(([source, rows]) => {
      const counted = rows
        .filter((row) => reconciled.value("category", row) in OTHER_CATEGORIES)
        .map(
          (row) =>
            `${count(reconciled.value("people", row))} ${OTHER_CATEGORIES[reconciled.value("category", row)]}`,
        );
      return `${source}: ${counted.join(", ") || "nobody in order"}`;
    })
    .join(" · ");
}

function providerTable(node, title, table, rows, columns, people, open) {
  const name = (row) => table.value("name", row) ?? table.value("identity_key", row) ?? otherId(table, row);
  const made = new DataTable(node, {
    data: rows.map((row) => [row]),
    columns: [
      eventColumn("Person", name, (row) => providerPerson(table, people, row, name(row), open)),
      ...columns.map(([heading, words]) => eventColumn(heading, words)),
    ],
    order: [], // as the query gives them
    pageLength: 10,
    autoWidth: false,
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: rows.length > 10 ? "paging" : null },
  });
  if (rows.length > 10) namePages(made, `Pages of: ${title}`);
}

// A person who is only on the other side has no panel to open.
function providerPerson(table, people, row, name, open) {
  const [known] = table.value("identity_key", row) === null ? [] : people.byPerson().get(table.person(row));
  if (known !== undefined) {
    return element("button", { type: "button", class: "link", click: () => open(known) }, name);
  }
  return element("span", {}, name, element("small", {}, table.value("login", row) ?? otherId(table, row)));
}

function otherId(table, row) {
  return table.value("idp_user_id", row) ?? "(no name)";
}

function failedPush(leaves, rows) {
  const at = rows.find((row) => leaves.value("push_result", row) === "FAILURE");
  return at === undefined ? "sync state is an error" : moment(leaves.value("push_at", at));
}

function leftInWords(leaves, row) {
  const [after, by] = [leaves.value("left_after", row), leaves.value("left_by", row)];
  const kind = inWords(leaves.value("left_evidence", row));
  if (after === by) return `${moment(by)} (${kind})`;
  return after === null ? `by ${moment(by)} (${kind})` : `${moment(after)} to ${moment(by)} (${kind})`;
}

function whenSeen(at) {
  return at === null ? "not yet" : moment(at);
}

function hours(value) {
  if (value === null) return "unknown";
  return value > 0 && value < 0.1 ? "under 0.1 h" : `${numbers.format(Math.round(value * 10) / 10)} h`;
}

function inWords(name) {
  return name.replaceAll("_", " ");
}

// A row of evidence for each list of each source.
function sourcesTable({ sources }) {
  const rows = sources.rows().map((at) => {
    const source = sources.record(at);
    return [
      element("span", {}, source.source, element("small", {}, inWords(source.object))),
      source.is_loaded ? whenSeen(source.newest_loaded_at) : element("strong", {}, "not loaded"),
      count(source.rows),
      wholeInWords(source),
      source.object === "users" ? matchesInWords(source) : sourceEvents(source),
    ];
  });
  return plainTable(["Source", "Loaded", "Rows", "Whole list", "What is in it"], rows, { class: "stacks" });
}

function wholeInWords(source) {
  if (source.held_back_load_id !== null) {
    return element(
      "strong",
      {},
      "held back: many are missing all of a sudden",
      element("small", {}, `if they have gone: FRESHSALES_CONFIRMED_SYNC_IDS=${source.held_back_load_id}`),
    );
  }
  return source.absence_counts
    ? `yes, by ${inWords(source.absence_evidence)}`
    : element("strong", {}, "no: nobody is missing by it");
}

function sourceEvents(source) {
  return source.object === "events" && source.events_from !== null ? `from ${moment(source.events_from)}` : "";
}

function matchesInWords(source) {
  const matched = Object.entries(source)
    .filter(([column, people]) => column.startsWith("matched_by_") && people > 0)
    .map(([column, people]) => `${count(people)} by ${inWords(column.slice("matched_by_".length))}`);
  const left = `${count(source.rows_left)} have left`;
  return element(
    "span",
    {},
    source.rows_left > 0 ? left : element("strong", {}, "nobody has left: were leavers loaded?"),
    element("small", {}, `matched: ${matched.join(", ") || "nobody"}`),
    element(
      "small",
      {},
      `${count(source.people_ambiguous)} ambiguous, ${plural(source.service_accounts, "service account", "service accounts")}`,
    ),
  );
}
