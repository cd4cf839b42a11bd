// Charts by Vega-Lite; a click on a bar filters the table, and so do the buttons of the table beneath it.

// Colours are names of the style's own, so that light, dark and print need no second drawing.
const CHART_STYLE = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  bar: { fill: "var(--accent)", cursor: "pointer" },
  text: { fill: "var(--ink)", fontSize: 12 },
  axis: { labelColor: "var(--ink)", labelFontSize: 12, domain: false, ticks: false, title: null },
  legend: { labelColor: "var(--ink)", labelFontSize: 12, title: null, orient: "bottom", columns: 3 },
};
const BARS_AT_MOST = 12;

async function showCharts(report, pick) {
  fill("charts", ...["flags", "daily", "departments", "roles"].map((name) =>
    element("figure", { class: "card", id: `chart-${name}` })));
  const flags = new Map(report.flags.map((flag) => [flag.column, flag.label]));
  const statuses = report.statuses;
  await Promise.all([
    drawBars("flags", "People by flag", report.flag_counts, "flag", "people", (flag) => flags.get(flag),
      (flag) => pick("flag", flag)),
    drawDays("daily", "Head count by status", report.daily, statuses, (status) => pick("status", status)),
    drawBars("departments", "Entitlements by department", report.by_department, "department", "entitlements",
      (department) => department ?? "(none)", (department) => pick("department", department)),
    drawBars("roles", "Entitlements by role", report.by_role, "role", "entitlements", (role) => role,
      (role) => pick("role", role)),
  ]);
}

async function drawBars(name, title, table, label, number, words, choose) {
  const all = table.rows().map((row) => ({
    key: table.value(label, row), label: words(table.value(label, row)), number: table.value(number, row),
  }));
  const shown = all.slice(0, BARS_AT_MOST);
  const most = Math.max(1, ...shown.map((bar) => bar.number ?? 0));
  await draw(name, title, all, choose, {
    data: { values: shown },
    height: { step: 24 },
    encoding: {
      y: { field: "label", type: "nominal", sort: null, axis: { labelLimit: 150 } },
      x: { field: "number", type: "quantitative", axis: null, scale: { domain: [0, most * 1.2] } },
    },
    layer: [
      { mark: { type: "bar", height: { band: 0.7 }, cornerRadiusEnd: 2 } },
      { mark: { type: "text", align: "left", dx: 4 }, encoding: { text: { field: "number", format: "," } } },
    ],
  }, all.length - shown.length);
}

async function drawDays(name, title, table, statuses, choose) {
  const values = table.rows().map((row) => ({
    key: table.value("status", row), day: table.value("day", row), number: table.value("people", row),
    label: statuses[table.value("status", row)],
  }));
  const keys = Object.keys(statuses);
  const lastDay = values.map((value) => value.day).sort().at(-1);
  await draw(name, title, values.filter((value) => value.day === lastDay), choose, {
    data: { values },
    height: 190,
    mark: { type: "bar" },
    encoding: {
      x: { field: "day", type: "ordinal", axis: { labelAngle: 0, labelOverlap: true } },
      y: { field: "number", type: "quantitative", axis: { tickCount: 4, gridColor: "var(--line)" } },
      fill: {
        field: "key", type: "nominal", sort: keys,
        scale: { domain: keys, range: keys.map((key) => `var(--${key.replaceAll("_", "-")})`) },
        legend: { labelExpr: "replace(datum.label, /_/g, ' ')" },
      },
    },
  });
}

async function draw(name, title, values, choose, specification, left = 0) {
  const canvas = element("div", { class: "canvas" });
  const rows = values.map((value) => [
    element("button", { type: "button", class: "link", click: () => choose(value.key) }, value.label),
    count(value.number),
  ]);
  document.getElementById(`chart-${name}`).replaceChildren(
    element("figcaption", {}, title),
    values.length === 0 ? element("p", { class: "nothing" }, "Nothing to show.") : canvas,
    left > 0 ? element("p", { class: "nothing" }, `${plural(left, "more", "more")} in the table below.`) : "",
    element("details", {}, element("summary", {}, "As a table"), plainTable(["", "Number"], rows, { class: "plain" })),
  );
  if (values.length === 0) return;
  const drawn = await vegaEmbed(canvas, { width: "container", description: title, config: CHART_STYLE, ...specification }, {
    ast: true, // the interpreter instead of generated code: the page allows none
    renderer: "svg",
    actions: false,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
  drawn.view.addEventListener("click", (_, item) => {
    if (item?.datum && "key" in item.datum) choose(item.datum.key);
  });
}
