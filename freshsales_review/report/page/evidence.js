// What was read, when, how completely, and whether the warehouse has exactly that.

function showEvidence(report) {
  const streams = report.evidence.rows().map((row) => report.evidence.record(row));
  showSubtitle(report, streams);
  showBanners(streams);
  const troubled = streams.some((stream) => !stream.is_complete || stream.is_held_back || differs(stream));
  fill(
    "evidence",
    element(
      "details",
      { class: "card", open: troubled ? "" : null },
      element("summary", {}, element("h2", {}, "Evidence"), element("span", {}, evidenceInShort(streams))),
      evidenceTable(streams),
    ),
  );
}

function showSubtitle(report, streams) {
  const accounts = [...new Set(streams.map((stream) => stream.account))];
  const latest =
    streams
      .map((stream) => stream.finished_at)
      .filter((at) => at !== null)
      .sort()
      .at(-1) ?? null;
  document.getElementById("subtitle").textContent =
    `${accounts.length > 5 ? plural(accounts.length, "account", "accounts") : accounts.join(", ")} · last read ${moment(latest)}` +
    // A page of an evidence pack does not say when it was written: it has the same bytes each time.
    (report.written_at === null ? "" : ` · written ${moment(report.written_at)}`);
}

function showBanners(streams) {
  const absent = streams.filter((stream) => stream.incomplete_reason === "absent");
  const broken = streams.filter((stream) => !stream.is_complete && stream.incomplete_reason !== "absent");
  const differing = streams.filter(differs);
  fill(
    "banners",
    banner(
      "broken",
      "Not everything was read.",
      broken,
      (stream) =>
        `${stream.stream} of ${stream.account}: ${stream.incomplete_reason ?? "no reason given"}. ` +
        `Last complete read: ${stream.last_complete_at === null ? "never" : moment(stream.last_complete_at)}.`,
    ),
    banner(
      "broken",
      "The warehouse does not hold what was sent.",
      differing,
      (stream) =>
        `${stream.stream} of ${stream.account}: ${plural(stream.rows_sent, "row was", "rows were")} sent, ` +
        `${count(stream.rows_in_warehouse)} of that run are in the warehouse.`,
    ),
    banner(
      "broken",
      "So many are missing that nobody is taken for gone.",
      streams.filter((stream) => stream.is_held_back),
      (stream) =>
        `${stream.stream} of ${stream.account} is held back: ${count(stream.rows_missing)} of those who were there ` +
        `before are missing; the complete read before had ${count(stream.rows_read_before)}. This page shows them as ` +
        "they were. Look whether the credential still sees everybody. If they have really gone, run again: the next " +
        `complete read that agrees counts. Or confirm this one: FRESHSALES_CONFIRMED_SYNC_IDS=${stream.sync_id}.`,
    ),
    banner(
      "absent",
      "The account does not have everything that could be read.",
      absent,
      (stream) =>
        `${stream.stream} of ${stream.account} is not there (absent): what rests on it is not known.`,
    ),
    banner(
      "absent",
      "One of the two sides was not read.",
      sidesNotRead(streams),
      ({ account, side }) =>
        `Nothing of ${account} was read from ${side}: what needs it is not known, as the flags say.`,
    ),
  );
}

function differs(stream) {
  return stream.population_matches === false || (stream.is_complete && !stream.has_arrived);
}

function sidesNotRead(streams) {
  const sides = { owners: "the CRM", scim_users: "SCIM" };
  const read = Map.groupBy(streams, (stream) => stream.account);
  return [...read].flatMap(([account, known]) =>
    Object.keys(sides)
      .filter((name) => !known.some((stream) => stream.stream === name))
      .map((name) => ({ account, side: sides[name] })),
  );
}

function banner(kind, title, streams, words) {
  if (streams.length === 0) return null;
  const lines = streams.map((stream) => element("li", {}, words(stream)));
  return element(
    "div",
    { class: `banner ${kind}`, role: kind === "broken" ? "alert" : "note" },
    element("strong", {}, title),
    element("ul", {}, ...lines),
  );
}

function evidenceInShort(streams) {
  const complete = streams.filter((stream) => stream.is_complete).length;
  const same = streams.filter((stream) => stream.population_matches === true).length;
  return (
    `${complete} of ${plural(streams.length, "stream", "streams")} read to the end; ` +
    `${same} verified in the warehouse`
  );
}

function evidenceTable(streams) {
  const many = new Set(streams.map((stream) => stream.account)).size > 1;
  const rows = streams.map((stream) => [
    element("span", {}, stream.stream, many ? element("small", {}, stream.account) : null),
    moment(stream.finished_at),
    stream.is_held_back
      ? element("strong", {}, "complete, but held back")
      : stream.is_complete
        ? "complete"
        : element("strong", {}, `not complete: ${stream.incomplete_reason ?? "no reason given"}`),
    rowsSent(stream),
    count(stream.rows_in_warehouse),
    populationInWords(stream),
    stream.tap_version ?? "unknown",
  ]);
  return plainTable(
    ["Stream", "Read", "To its end", "Rows sent", "In warehouse", "Population", "Tap"],
    rows,
    { class: "stacks" },
  );
}

// A stream map may leave rows out. The rows that were sent must arrive.
function rowsSent(stream) {
  if (stream.rows_sent === stream.rows_read) return count(stream.rows_sent);
  return element("span", {}, count(stream.rows_sent), element("small", {}, `of ${count(stream.rows_read)} read`));
}

function populationInWords(stream) {
  const hash = element("code", {}, stream.population_sha256 ?? "no hash");
  if (stream.population_matches === null) return element("span", {}, "not checked", hash);
  return element("span", {}, stream.population_matches ? "the same" : element("strong", {}, "differs"), hash);
}
