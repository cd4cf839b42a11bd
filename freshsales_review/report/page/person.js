// One person: who this is in both systems, what they may do and through what, and what happened to them.

function personPanel(report) {
  const { people, entitlements, events } = report;
  const dialog = document.getElementById("person");
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // a click beside the panel
  });

  return (row) => {
    const person = people.record(row);
    const key = people.person(row);
    dialog.replaceChildren(
      element(
        "header",
        {},
        element("h2", { id: "person-name" }, personName(people, row)),
        statusMark(person.status),
        element(
          "button",
          { type: "button", class: "close", "aria-label": "Close", click: () => dialog.close() },
          "×",
        ),
      ),
      reasons(person),
      facts(report, person),
      element("h3", {}, "Entitlements"),
      listOrNothing(
        entitlements.byPerson().get(key),
        "None is known.",
        ["Resource", "Name", "Held as", "Granted via"],
        (at) => [
          resourceType(entitlements.value("resource_type", at)),
          ...["resource_name", "entitlement", "granted_via"].map((column) => entitlements.value(column, at)),
        ],
      ),
      element("h3", {}, "History"),
      listOrNothing(
        events.byPerson().get(key),
        "Nothing changed between the complete reads.",
        ["Seen", "What", "From", "To"],
        (at) => [
          moment(events.value("first_seen_at", at)),
          events.value("event_type", at).replaceAll("_", " "),
          events.value("old_value", at) ?? "",
          events.value("new_value", at) ?? "",
        ],
      ),
    );
    dialog.showModal();
    dialog.scrollTop = 0;
  };
}

function reasons(person) {
  if (person.reasons === null) return "";
  return element(
    "div",
    { class: "why" },
    element("strong", {}, `Risk ${person.risk_score}`),
    reasonsInWords(person.reasons),
  );
}

function facts(report, person) {
  const unknown = report.flags.filter((flag) => person[flag.column] === null).map((flag) => flag.label);
  const known = [
    ["Email", person.email],
    ["User name", person.user_name],
    ["Title", person.title],
    ["Department", person.department],
    ["Manager", person.manager ?? person.manager_identity_key],
    ["CRM owner id", person.crm_owner_id ?? "none"],
    ["SCIM user id", person.scim_user_id ?? "none"],
    ["Matched by", matchInWords(person)],
    ["In the CRM", person.crm_status],
    ["In SCIM", person.scim_status],
    ["Account", person.account],
    ["Last login", "not available"],
    ["Cannot be told", unknown.join(", ")],
  ].filter(([, value]) => value !== null && value !== "");
  return element(
    "dl",
    {},
    ...known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

function matchInWords(person) {
  if (person.match_method !== null) {
    return `${person.match_method.replaceAll("_", " ")}, confidence ${person.match_confidence}`;
  }
  return person.match_is_ambiguous
    ? "not matched: more than one pairing is possible"
    : "nothing: known on one side only";
}

function resourceType(type) {
  return type.replaceAll("_", " ").replace("crm", "CRM").replace("scim", "SCIM");
}

function listOrNothing(rows, nothing, headings, cells) {
  if (!rows?.length) return element("p", { class: "nothing" }, nothing);
  return plainTable(headings, rows.map(cells), { class: "plain" });
}
