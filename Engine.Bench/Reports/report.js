"use strict";
// Draws the charts of the page from the numbers in it: axes, bands, curves; what the pointer is over; which curves are shown.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const hidden = new Set();
  const width = 480, height = 300, left = 56, right = 12, top = 30, bottom = 42;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const color = name => data.colors[data.names.indexOf(name) % data.colors.length][dark.matches ? 1 : 0];

  const element = (name, attributes, parent, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };

  const short = value => {
    if (value === null) return "-";
    const size = Math.abs(value);
    if (size >= 1e9) return +(value / 1e9).toPrecision(4) + "G";
    if (size >= 1e6) return +(value / 1e6).toPrecision(4) + "M";
    if (size >= 1e4) return +(value / 1e3).toPrecision(4) + "k";
    return size !== 0 && size < 1e-3 ? value.toExponential(1) : String(+value.toPrecision(4));
  };

  // Round numbers between two others, about so many.
  const ticks = (low, high, count) => {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough);
    const found = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) found.push(i * step);
    return found;
  };

  const range = values => {
    let low = Infinity, high = -Infinity;
    for (const value of values) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
    if (low > high) return [0, 1];
    if (low === high) return [low - Math.max(Math.abs(low) * .1, 1e-6), high + Math.max(Math.abs(high) * .1, 1e-6)];
    return [low, high];
  };

  const values = chart => chart.curves.flatMap(curve => curve.y.concat(curve.low ?? [], curve.high ?? [])).filter(value => value !== null);

  function draw(chart) {
    const { box, x: xName, y: yName } = chart;
    box.replaceChildren();
    const shown = chart.curves.filter(curve => !hidden.has(curve.name));
    const [scaled, plain] = chart.log ? [Math.log10, value => 10 ** value] : [value => value, value => value];
    const [xLow, xHigh] = range(shown.flatMap(curve => curve.x));
    const [yMin, yMax] = range(values({ curves: shown }).map(scaled));
    const margin = (yMax - yMin) * .05, yLow = yMin - margin, yHigh = yMax + margin;
    const atX = value => left + (value - xLow) / (xHigh - xLow) * (width - left - right);
    const atY = value => height - bottom - (scaled(value) - yLow) / (yHigh - yLow) * (height - top - bottom);
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${yName} along ${xName}` }, box);
    element("text", { x: left, y: 18, class: "title" }, svg, yName);
    if (chart.log !== undefined) box.append(scale(chart));
    for (const value of ticks(yLow, yHigh, 5).map(plain)) {
      element("line", { x1: left, x2: width - right, y1: atY(value), y2: atY(value), class: "grid" }, svg);
      element("text", { x: left - 6, y: atY(value) + 4, "text-anchor": "end" }, svg, short(value));
    }
    for (const value of ticks(xLow, xHigh, 5))
      element("text", { x: atX(value), y: height - bottom + 16, "text-anchor": "middle" }, svg, short(value));
    element("text", { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" }, svg, xName);

    // A curve has a gap where it has no number.
    const path = (curve, y) => {
      let d = "", pen = "M";
      curve.x.forEach((x, i) => {
        if (y[i] === null) { pen = "M"; return; }
        d += `${pen}${atX(x).toFixed(1)} ${atY(y[i]).toFixed(1)}`;
        pen = "L";
      });
      return d;
    };
    for (const curve of shown) {
      if (!curve.low) continue;
      const known = curve.x.map((_, i) => i).filter(i => curve.low[i] !== null && curve.high[i] !== null);
      const points = [...known.map(i => [i, curve.high[i]]), ...known.reverse().map(i => [i, curve.low[i]])];
      const corners = points.map(([i, y]) => `${atX(curve.x[i]).toFixed(1)},${atY(y).toFixed(1)}`).join(" ");
      element("polygon", { points: corners, class: "band", fill: color(curve.name) }, svg);
    }
    for (const curve of shown) element("path", { d: path(curve, curve.y), class: "curve", stroke: color(curve.name) }, svg);
    hover(box, svg, shown, atX, xLow, xHigh, xName);
  }

  // A button for a logarithmic axis.
  const scale = chart => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "scale";
    button.textContent = "log";
    button.setAttribute("aria-pressed", String(chart.log));
    button.addEventListener("click", () => { chart.log = !chart.log; draw(chart); });
    return button;
  };

  function hover(box, svg, shown, atX, xLow, xHigh, xName) {
    const cross = element("line", { y1: top, y2: height - bottom, class: "cross", visibility: "hidden" }, svg);
    const tip = document.createElement("div");
    tip.className = "tip";
    tip.hidden = true;
    box.append(tip);
    svg.addEventListener("pointerleave", () => { tip.hidden = true; cross.setAttribute("visibility", "hidden"); });
    svg.addEventListener("pointermove", event => {
      const frame = svg.getBoundingClientRect(), scale = frame.width / width;
      const at = xLow + ((event.clientX - frame.left) / scale - left) / (width - left - right) * (xHigh - xLow);
      if (shown.length === 0 || at < xLow || at > xHigh) return;
      const nearest = curve => curve.x.reduce((best, x, i) => Math.abs(x - at) < Math.abs(curve.x[best] - at) ? i : best, 0);
      const rows = shown.map(curve => ({ curve, i: nearest(curve) }));
      const place = rows.map(row => row.curve.x[row.i]).reduce((best, x) => Math.abs(x - at) < Math.abs(best - at) ? x : best);
      const table = document.createElement("table");
      const head = table.insertRow().insertCell();
      head.colSpan = 3;
      head.textContent = `${xName} ${short(place)}`;
      for (const { curve, i } of rows.sort((a, b) => (b.curve.y[b.i] ?? -Infinity) - (a.curve.y[a.i] ?? -Infinity))) {
        const row = table.insertRow();
        const name = row.insertCell();
        name.textContent = curve.name;
        name.style.color = color(curve.name);
        row.insertCell().textContent = short(curve.y[i]);
        row.insertCell().textContent
          = curve.low && curve.low[i] !== null ? `[${short(curve.low[i])}, ${short(curve.high[i])}]` : "";
      }
      tip.replaceChildren(table);
      tip.hidden = false;
      cross.setAttribute("visibility", "visible");
      cross.setAttribute("x1", atX(place));
      cross.setAttribute("x2", atX(place));
      const near = event.clientX - frame.left;
      tip.style.top = `${event.clientY - frame.top + 12}px`;
      tip.style.left = near < frame.width / 2 ? `${near + 16}px` : "";
      tip.style.right = near < frame.width / 2 ? "" : `${frame.width - near + 16}px`;
    });
  }

  const drawAll = () => data.charts.forEach(draw);
  data.charts.forEach((chart, i) => {
    chart.box = document.getElementById(`chart-${i}`);
    const [low, high] = range(values(chart));
    if (low > 0) chart.log = high > 100 * low;
  });
  const legend = document.getElementById("legend");
  for (const name of data.names) {
    const button = document.createElement("button");
    const stroke = document.createElement("i");
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.append(stroke, name);
    button.addEventListener("click", () => {
      if (!hidden.delete(name)) hidden.add(name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      drawAll();
    });
    legend?.append(button);
  }
  const paint = () => [...(legend?.children ?? [])].forEach((button, i) => { button.firstChild.style.background = color(data.names[i]); });
  dark.addEventListener("change", () => { paint(); drawAll(); });
  paint();
  drawAll();
})();
