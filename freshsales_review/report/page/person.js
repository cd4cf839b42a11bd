// One person: their accounts in both systems, their grants and how they got them, and what happened to them.

function personPanel(report) {
  const { people, entitlements } = report;
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
      ...whatHappened(report, key),
    );
    dialog.showModal();
    dialog.scrollTop = 0;
  };
}

function whatHappened({ events, timeline, sources, campaigns }, key) {
  const what = (table, at) => [
    eventInWords(table.value("event_type", at)),
    table.value("old_value", at) ?? "",
    table.value("new_value", at) ?? "",
  ];
  if (sources.length === 0 && campaigns.length === 0) {
    return [
      element("h3", {}, "History"),
      listOrNothing(
        events.byPerson().get(key),
        "Nothing changed between the complete reads.",
        ["Seen", "What", "From", "To"],
        (at) => [moment(events.value("first_seen_at", at)), ...what(events, at)],
      ),
    ];
  }
  return [
    element("h3", {}, "Timeline"),
    element(
      "p",
      { class: "nothing" },
      "What the provider logged, and what was decided, happened then; of one kind that the provider logs, the " +
        "latest five are listed. What changed here happened between the two times.",
    ),
    listOrNothing(
      timeline.byPerson().get(key),
      "Nothing is known to have happened.",
      ["When", "Where", "What", "From", "To"],
      (at) => [timeInWords(timeline, at), timeline.value("origin", at), ...what(timeline, at)],
    ),
  ];
}

// Names of a provider have dots. They stay as in its documentation.
function eventInWords(type) {
  return type.includes(".") ? type : type.replaceAll("_", " ");
}

function timeInWords(timeline, at) {
  const [after, by] = [timeline.value("happened_after", at), timeline.value("happened_at", at)];
  if (after === by) return moment(by);
  return after === null ? `by ${moment(by)}` : `${moment(after)} to ${moment(by)}`;
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
    ["Still owns", stillOwns(person)],
    ["In SCIM", person.scim_status],
    ["Account", person.account],
    ...(hasProviders(report) ? otherSide(person) : [["Last sign-in", "not in this API"]]),
    ["Last decision", lastDecision(person)],
    ["Cannot be told", unknown.join(", ")],
  ].filter(([, value]) => value !== null && value !== "");
  return element(
    "dl",
    {},
    ...known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

function lastDecision(person) {
  if (person.last_decision === null) return null;
  const since = person.changed_since_decision === false ? "nothing has changed since" : "changed since";
  return `${person.last_decision}, ${moment(person.last_decided_at)}; ${since}`;
}

// What is not known is said with its reason, and is no claim that there is nothing.
function stillOwns(person) {
  const counts = [
    [person.contacts_owned, "contact", "contacts"],
    [person.deals_owned, "deal", "deals"],
    [person.accounts_owned, "account", "accounts"],
  ];
  const known = counts.filter(([number]) => number !== null);
  const some = known.filter(([number]) => number > 0);
  const words = (some.length > 0 ? some : known).map((count) => plural(...count));
  const unknown =
    person.records_owned_unknown === null ? [] : [`not known: ${person.records_owned_unknown}`];
  return [words.join(", "), ...unknown].filter((part) => part !== "").join("; ");
}

function otherSide(person) {
  return [
    ["At the provider", person.idp_status ?? "not known there"],
    ["Source", person.idp_source],
    ["Matched there", otherMatchInWords(person)],
    ["Left there", person.idp_left_at === null ? null : moment(person.idp_left_at)],
    ["Assigned there", yesOrNo(person.is_assigned_in_idp)],
    ["Last sign-in", moment(person.app_last_sign_in_at)],
    ["Last at provider", moment(person.idp_last_login_at)],
    ["On the roster", person.roster_status],
    ["Last day", person.roster_left_on],
  ];
}

function otherMatchInWords(person) {
  if (person.idp_match_method !== null) {
    return `${person.idp_match_method.replaceAll("_", " ")}, confidence ${person.idp_match_confidence}`;
  }
  return person.idp_match_is_ambiguous ? "not matched: more than one match is possible" : "nothing";
}

function yesOrNo(value) {
  return value === null ? "unknown" : value ? "yes" : "no";
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
