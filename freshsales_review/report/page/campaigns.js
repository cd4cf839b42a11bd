// The campaigns: how far each is, and which decisions were not carried out in time, or did not last.

const OUTCOMES = {
  carried_out: "Carried out",
  pending: "Pending",
  overdue: "Overdue",
  undone: "Undone",
  not_known: "Not known",
  kept: "To be kept",
};

function hasCampaigns(report) {
  return report.campaigns.length > 0;
}

function showCampaigns(report, open) {
  const section = document.getElementById("campaigns");
  section.hidden = !hasCampaigns(report);
  if (section.hidden) return;
  const { campaigns, outcomes } = report;
  const several = new Set(campaigns.rows().map((row) => campaigns.value("account", row))).size > 1;
  fill("campaign-panels", ...campaigns.rows().map((row) => campaignCard(campaigns.record(row), several)));
  const late = outcomes
    .rows()
    .filter((row) => ["overdue", "undone"].includes(outcomes.value("outcome", row)));
  fill(
    "campaign-late",
    element("h3", {}, `Overdue and undone (${count(late.length)})`),
    listOrNothing(
      late,
      "No decision is overdue, and none is undone.",
      ["Person", "Decided", "What", "Campaign", "Now", "Days open"],
      (row) => lateDecision(report, row, open),
    ),
  );
}

function campaignCard(one, several) {
  const state = one.closed_at === null ? "open" : `closed ${one.closed_at.slice(0, 10)}`;
  const due = one.due_at === null ? "no due date" : `due ${one.due_at.slice(0, 10)}`;
  return element(
    "article",
    { class: "card campaign" },
    element("h3", {}, one.campaign, element("small", {}, several ? one.account : null)),
    element("p", {}, `Scope: ${one.scope}. It is ${state}, ${due}.`),
    progress("people", one.people_decided, one.people_in_scope, one.campaign),
    progress("grants", one.grants_decided, one.grants_in_scope, one.campaign),
    element(
      "dl",
      {},
      ...Object.entries(OUTCOMES).flatMap(([outcome, words]) => [
        element("dt", {}, words),
        element("dd", { "data-outcome": outcome }, count(one[outcome])),
      ]),
      element("dt", {}, "Refused: about oneself"),
      element("dd", {}, count(one.self_decisions_refused)),
    ),
    element("p", { class: one.is_complete ? "" : "nothing" }, completeness(one)),
  );
}

function progress(what, decided, total, campaign) {
  return element(
    "p",
    { class: "progress" },
    element("progress", {
      max: Math.max(total, 1),
      value: decided,
      "aria-label": `${what} decided in ${campaign}`,
    }),
    element("span", {}, `${count(decided)} of ${count(total)} ${what} decided`),
  );
}

function completeness(one) {
  if (!one.population_matches) return "The frozen list is not the one that was frozen: its hash differs.";
  return one.is_complete ? "Everything in scope is decided." : "Not everything in scope is decided.";
}

function lateDecision({ people, outcomes }, row, open) {
  const [person] = people.byPerson().get(outcomes.person(row)) ?? [];
  const name = outcomes.value("name", row) ?? outcomes.value("identity_key", row);
  return [
    person === undefined
      ? name
      : element("button", { type: "button", class: "link", click: () => open(person) }, name),
    `${outcomes.value("decision", row)}, by ${outcomes.value("decided_by", row)}, ${moment(outcomes.value("decided_at", row))}`,
    decidedThing(outcomes, row),
    outcomes.value("campaign", row),
    outcomeNow(outcomes, row),
    count(outcomes.value("days_open", row)),
  ];
}

function decidedThing(outcomes, row) {
  const type = outcomes.value("resource_type", row);
  return type === null ? "the person" : `${resourceType(type)} ${outcomes.value("resource_name", row)}`;
}

function outcomeNow(outcomes, row) {
  const outcome = outcomes.value("outcome", row);
  if (outcome === "undone") return `undone, seen ${moment(outcomes.value("undone_by", row))}`;
  return `${outcome}, due ${outcomes.value("due_at", row)?.slice(0, 10)}`;
}
