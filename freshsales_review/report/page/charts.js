// Charts by Vega-Lite. A click on a bar filters the table; the buttons in the table below do the same.

// Colours are names in the style. So light, dark and print need no second drawing.
const CHART_STYLE = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  bar: { fill: "var(--accent)", cursor: "pointer" },
  text: { fill: "var(--ink)", fontSize: 12 },
  axis: { labelColor: "var(--ink)", labelFontSize: 12, domain: false, ticks: false, title: null },
  legend: { labelColor: "var(--ink)", labelFontSize: 12, title: null, orient: "bottom", columns: 3 },
};
const BARS_AT_MOST = 13;
const BAR_PIXELS = 24;

async function showCharts(report, pick) {
  const { flag_counts: flags, daily, by_department: departments, by_role: roles } = report;
  const places = Object.keys(report.statuses);
  const flagOf = new Map(report.flags.map((flag) => [flag.column, flag]));
  fill(
    "charts",
    ...["flag", "status", "department", "role"].map((name) =>
      element("figure", { class: "card", id: `chart-${name}` }),
    ),
  );
  await Promise.all([
    drawBars(
      "flag",
      "People by flag",
      pick,
      flags
        .rows()
        .filter((row) => flagOf.has(flags.value("flag", row)))
        .map((row) => {
          const flag = flagOf.get(flags.value("flag", row));
          return {
            key: flag.column,
            label: flag.label,
            number: flags.value("people", row),
            note: flag.meaning,
          };
        }),
    ),
    drawDays(
      "status",
      "Head count by status, day by day",
      pick,
      report.statuses,
      daily.rows().map((row) => {
        const status = daily.value("status", row);
        return {
          key: status,
          label: report.statuses[status],
          number: daily.value("people", row),
          note: daily.value("day", row),
          place: places.indexOf(status),
        };
      }),
    ),
    drawBars(
      "department",
      "Entitlements by department",
      pick,
      departments.rows().map((row) => {
        const department = departments.value("department", row);
        return {
          key: department,
          label: department ?? "(none)",
          number: departments.value("entitlements", row),
        };
      }),
    ),
    drawBars(
      "role",
      "Entitlements by role",
      pick,
      roles.rows().map((row) => {
        const role = roles.value("role", row);
        return { key: role, label: role, number: roles.value("entitlements", row) };
      }),
    ),
  ]);
}

async function drawBars(name, title, pick, bars) {
  const shown = bars
    .slice(0, BARS_AT_MOST)
    .map((bar) => ({ ...bar, number: bar.number ?? 0, words: count(bar.number) }));
  const most = Math.max(1, ...shown.map((bar) => bar.number));
  await draw(name, title, pick, bars, bars.length - shown.length, {
    data: { values: shown },
    height: shown.length * BAR_PIXELS,
    encoding: {
      y: { field: "label", type: "nominal", sort: null, axis: { labelLimit: 150, labelPadding: 8 } },
      x: { field: "number", type: "quantitative", axis: null, scale: { domain: [0, most * 1.2] } },
    },
    layer: [
      { mark: { type: "bar", height: { band: 0.7 }, cornerRadiusEnd: 2 } },
      { mark: { type: "text", align: "left", dx: 5 }, encoding: { text: { field: "words" } } },
    ],
  });
}

async function drawDays(name, title, pick, statuses, values) {
  const keys = Object.keys(statuses);
  const latest = values.at(-1)?.note;
  const days = new Set(values.map((value) => value.note)).size;
  await draw(
    name,
    title,
    pick,
    values.filter((value) => value.note === latest),
    0,
    {
      data: { values },
      height: 190,
      // Otherwise a single day would be as wide as the chart.
      mark: { type: "bar", width: days < 7 ? 56 : { band: 0.9 } },
      encoding: {
        x: { field: "note", type: "ordinal", axis: { labelAngle: 0, labelOverlap: true, labelPadding: 6 } },
        y: {
          field: "number",
          type: "quantitative",
          aggregate: "sum",
          axis: { tickCount: 4, gridColor: "var(--line)", labelPadding: 6 },
        },
        fill: {
          field: "label",
          type: "nominal",
          sort: null,
          scale: {
            domain: Object.values(statuses),
            range: keys.map((key) => `var(--${key.replaceAll("_", "-")})`),
          },
        },
        detail: { field: "key" },
        order: { field: "place" },
      },
    },
  );
}

async function draw(name, title, pick, values, left, specification) {
  const canvas = element("div", { class: "canvas" });
  const rows = values.map((value) => [
    element("button", { type: "button", class: "link", click: () => pick(name, value.key) }, value.label),
    value.note ?? "",
    count(value.number),
  ]);
  document
    .getElementById(`chart-${name}`)
    .replaceChildren(
      element("figcaption", {}, title),
      values.length === 0 ? element("p", { class: "nothing" }, "Nothing to show.") : canvas,
      left > 0 ? element("p", { class: "nothing" }, `${count(left)} more in the table.`) : "",
      element(
        "details",
        {},
        element("summary", {}, "As a table"),
        plainTable([title, "", "Number"], rows, { class: "plain" }),
      ),
    );
  if (values.length === 0) return;
  const drawn = await vegaEmbed(
    canvas,
    { width: "container", description: title, config: CHART_STYLE, ...specification },
    {
      ast: true, // the interpreter instead of generated code: the page allows none
      renderer: "svg",
      actions: false,
      defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    },
  );
  drawn.view.addEventListener("click", (_, item) => {
    if (item?.datum && "key" in item.datum) pick(name, item.datum.key);
  });
}
