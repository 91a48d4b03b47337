"use strict";
(() => {
  const { graph, layout, folded: many } = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const picture = $("picture"), view = $("view"), panel = $("panel"), list = $("list");
  const all = (selector) => [...picture.querySelectorAll(selector)];
  const nodes = all(".node"), groups = all(".group"), edges = all(".edge");
  const folded = layout.groups.map(() => many);
  const gap = 28, margin = 24, shape = 1.75, { between } = layout;
  let places = [], scale = 1, left = 0, top = 0, touched = false;

  const of = (node) => layout.nodes[node].group;
  const size = (group) => folded[group]
    ? { width: layout.groups[group].folded, height: layout.folded }
    : { width: layout.groups[group].width, height: layout.groups[group].height };

  // Columns and orders are those of the layout; only sizes change when a box folds.
  function stack() {
    const count = Math.max(0, ...layout.groups.map((group) => group.column + 1));
    const columns = [...Array(count).keys()].map((column) => layout.groups.map((_, at) => at)
      .filter((at) => layout.groups[at].column === column).sort((a, b) => layout.groups[a].y - layout.groups[b].y));
    const widths = columns.map((of) => Math.max(...of.map((at) => size(at).width)));
    const heights = columns.map((of) => of.reduce((sum, at) => sum + size(at).height + gap, -gap));
    const whole = widths.reduce((sum, width) => sum + width + between, 0);
    const bands = Math.max(1, Math.round(Math.sqrt(whole / (shape * Math.max(1, ...heights)))));
    places = [];
    let x = margin, top = margin, width = 0, height = 0, start = 0;
    columns.forEach((of, column) => {
      if (column > start && x + widths[column] > whole / bands + margin) {
        top += height + between;
        x = margin;
        height = 0;
        start = column;
      }
      let y = top;
      for (const at of of) {
        places[at] = { x, y, ...size(at) };
        y += size(at).height + gap;
      }
      height = Math.max(height, heights[column]);
      x += widths[column] + between;
      width = Math.max(width, x - between);
      if (column + 1 === count || x + widths[column + 1] > whole / bands + margin) {
        for (let other = start; other <= column; other++) {
          for (const at of columns[other]) places[at].y += (height - heights[other]) / 2;
        }
      }
    });
    return { width: width + margin, height: top + height + margin };
  }

  const rect = (node) => {
    const group = of(node), place = places[group];
    if (folded[group]) return { ...place, group };
    const own = layout.nodes[node];
    return { x: place.x + own.x, y: place.y + own.y, width: own.width, height: own.height };
  };

  function curve(from, to, shift) {
    const x1 = from.x + from.width, y1 = from.y + from.height / 2 + shift, y2 = to.y + to.height / 2 + shift;
    if (to.x > x1) {
      const bend = Math.max(30, (to.x - x1) / 2);
      return [`M${x1} ${y1} C${x1 + bend} ${y1} ${to.x - bend} ${y2} ${to.x} ${y2}`, (x1 + to.x) / 2, (y1 + y2) / 2];
    }
    const middle = (place) => place.x + place.width / 2 + shift;
    const down = to.y > from.y + from.height, up = to.y + to.height < from.y;
    if (down || up) {
      const [ya, yb] = down ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
      const half = (yb - ya) / 2, [xa, xb] = [middle(from), middle(to)];
      return [`M${xa} ${ya} C${xa} ${ya + half} ${xb} ${yb - half} ${xb} ${yb}`, (xa + xb) / 2, (ya + yb) / 2];
    }
    const own = from.x === to.x && from.y === to.y;
    const [xa, xb] = own ? [from.x + from.width * 0.65, from.x + from.width * 0.35] : [middle(from), middle(to)];
    const high = Math.min(from.y, to.y) - 46 - Math.abs(shift);
    return [`M${xa} ${from.y} C${xa} ${high} ${xb} ${high} ${xb} ${to.y}`, (xa + xb) / 2, high + 12];
  }

  const titles = [];
  let whole = { width: 1, height: 1 };
  function draw() {
    whole = stack();
    groups.forEach((group, at) => {
      const place = places[at];
      // A folded box lies over what passes it.
      (folded[at] ? picture.querySelector(".nodes") : picture.querySelector(".boxes")).append(group);
      group.setAttribute("transform", `translate(${place.x},${place.y})`);
      const box = group.querySelector(".box");
      box.setAttribute("width", place.width);
      box.setAttribute("height", place.height);
      group.setAttribute("aria-expanded", String(!folded[at]));
      let count = group.querySelector(".count");
      if (!count) {
        count = document.createElementNS("http://www.w3.org/2000/svg", "text");
        count.setAttribute("class", "count");
        count.setAttribute("x", 16);
        count.setAttribute("y", 46);
        group.append(count);
      }
      const members = layout.groups[at].nodes.length;
      count.textContent = folded[at] ? `${members} ${members === 1 ? "member" : "members"}` : "";
    });
    nodes.forEach((node, at) => {
      const hidden = folded[of(at)], place = rect(at);
      node.classList.toggle("gone", hidden);
      node.setAttribute("tabindex", hidden ? "-1" : "0");
      if (!hidden) node.setAttribute("transform", `translate(${place.x},${place.y})`);
    });
    const drawn = new Map();
    edges.forEach((edge, at) => {
      const { from, to, permission } = graph.edges[at];
      const closed = folded[of(from)] || folded[of(to)];
      const key = `${folded[of(from)] ? "g" + of(from) : from}-${folded[of(to)] ? "g" + of(to) : to}`;
      const title = edge.querySelector("title");
      titles[at] ??= title.textContent;
      title.textContent = titles[at];
      edge.classList.toggle("denied", permission === "denied");
      const first = closed ? drawn.get(key) : undefined;
      // What happens inside of a folded box is not seen, and one line between two says the worst of all.
      const hidden = (closed && of(from) === of(to)) || first !== undefined;
      edge.classList.toggle("gone", hidden);
      if (first !== undefined) {
        if (permission === "denied") edges[first].classList.add("denied");
        edges[first].querySelector("title").textContent += `\n${titles[at]}`;
      }
      if (hidden) return;
      if (closed) drawn.set(key, at);
      const [path, x, y] = curve(rect(from), rect(to), closed ? 0 : Number(edge.dataset.shift));
      edge.querySelector("path").setAttribute("d", path);
      const label = edge.querySelector(".label");
      if (label) {
        label.setAttribute("x", x);
        label.setAttribute("y", y - 6);
        label.classList.toggle("gone", closed);
      }
    });
  }

  const move = () => view.setAttribute("transform", `translate(${left},${top}) scale(${scale})`);
  function fit() {
    const { width, height } = picture.getBoundingClientRect();
    scale = Math.min(1.4, Math.min(width / whole.width, height / whole.height) || 1);
    left = (width - whole.width * scale) / 2;
    top = (height - whole.height * scale) / 2;
    move();
  }
  function zoom(by, x, y) {
    touched = true;
    const { width, height } = picture.getBoundingClientRect();
    const [cx, cy] = [x ?? width / 2, y ?? height / 2];
    const next = Math.min(4, Math.max(0.05, scale * by));
    left = cx - (cx - left) * (next / scale);
    top = cy - (cy - top) * (next / scale);
    scale = next;
    move();
  }
  function centre(place) {
    const { width, height } = picture.getBoundingClientRect();
    left = width / 2 - (place.x + place.width / 2) * scale;
    top = height / 2 - (place.y + place.height / 2) * scale;
    move();
  }

  // Brings a place into sight, where it is not.
  function reveal(place) {
    const { width, height } = picture.getBoundingClientRect();
    const [x, y] = [place.x * scale + left, place.y * scale + top];
    const inside = x >= 0 && y >= 0 && x + place.width * scale <= width && y + place.height * scale <= height;
    if (!inside) centre(place);
  }

  function toggle(group, value = !folded[group]) {
    folded[group] = value;
    draw();
  }

  const near = (node) => graph.edges.map((_, at) => at).filter((at) => graph.edges[at].from === node || graph.edges[at].to === node);
  function highlight(node) {
    const joined = node === null ? null : near(node);
    const shown = joined && new Set([node, ...joined.flatMap((at) => [graph.edges[at].from, graph.edges[at].to])]);
    nodes.forEach((other, at) => other.classList.toggle("dim", !!shown && !shown.has(at)));
    edges.forEach((edge, at) => {
      edge.classList.toggle("dim", !!joined && !joined.includes(at));
      edge.classList.toggle("near", !!joined && joined.includes(at));
    });
  }

  picture.classList.toggle("many", edges.length > 150);

  const element = (name, text, ...inside) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...inside);
    return made;
  };
  const title = (node) => `${node.kind} ${node.name}${node.namespace ? ` in ${node.namespace}` : ""}`;
  const tls = (node) => (node.kind !== "service" ? [] : [node.mtls ? `mutual TLS ${node.mtls}` : "mutual TLS not said"]);
  const marks = (node) => [...tls(node), ...node.guards].join(", ");
  const versions = (node) => node.versions.map(({ name, share }) => (share === null ? name : `${name} ${share}%`)).join(", ");
  const allowed = { denied: " (denied by a policy)", allowed: " (allowed)", unguarded: "", unknown: " (whether it is allowed depends)" };

  let opened = null;
  function open(at, focus = true) {
    const node = graph.nodes[at];
    opened = at;
    panel.replaceChildren(element("h2", title(node)), element("p", marks(node)));
    if (node.detail.length) panel.append(element("p", node.detail.join(", ")));
    const lines = (heading, of, other) => {
      const rows = near(at).filter((edge) => graph.edges[edge][of] === at);
      if (!rows.length) return;
      const items = rows.map((edge) => {
        const { kind, label, permission } = graph.edges[edge];
        const name = graph.nodes[graph.edges[edge][other]].name;
        return element("li", `${name}: ${kind}${label ? ` ${label}` : ""}${allowed[permission]}`);
      });
      panel.append(element("h3", heading), element("ul", "", ...items));
    };
    lines("Sends to", "from", "to");
    lines("Receives from", "to", "from");
    panel.append(element("h3", "What is said of it"));
    for (const place of node.statements) {
      const where = element("div", `${place.file}:${place.line}`);
      where.className = "place";
      panel.append(where, element("pre", place.text));
    }
    const close = element("button", "Close");
    close.onclick = shut;
    panel.append(close);
    panel.hidden = false;
    highlight(at);
    reveal(rect(at));
    if (focus) panel.focus();
  }
  function shut() {
    panel.hidden = true;
    highlight(null);
    if (opened !== null && !folded[of(opened)]) nodes[opened].focus();
    opened = null;
  }

  // Search: whatever is written in a node or said of it.
  const texts = graph.nodes.map((node) => [node.name, node.namespace ?? "", ...node.detail,
    ...node.versions.map((version) => version.name), ...node.statements.map((place) => place.text)].join("\n").toLowerCase());
  function search(value) {
    const wanted = value.trim().toLowerCase();
    const found = wanted ? texts.map((_, at) => at).filter((at) => texts[at].includes(wanted)) : [];
    // Those that bear the name come first.
    found.sort((a, b) => Number(graph.nodes[b].name.includes(wanted)) - Number(graph.nodes[a].name.includes(wanted)));
    nodes.forEach((node, at) => node.classList.toggle("hit", found.includes(at)));
    groups.forEach((group, at) => group.classList.toggle("hit", found.some((node) => of(node) === at)));
    $("found").textContent = wanted ? `${found.length} found` : "";
    return found;
  }
  $("search").addEventListener("input", (event) => search(event.target.value));
  $("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const [first] = search(event.target.value);
    if (first === undefined) return;
    if (folded[of(first)]) toggle(of(first), false);
    scale = Math.max(scale, 0.8);
    touched = true;
    open(first);
    centre(rect(first));
  });

  groups.forEach((group, at) => {
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", `namespace ${layout.groups[at].title}, ${layout.groups[at].nodes.length} members`);
    group.addEventListener("click", () => toggle(at));
    group.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(at); }
    });
  });
  nodes.forEach((node, at) => {
    node.setAttribute("role", "button");
    const sends = near(at).filter((edge) => graph.edges[edge].from === at).map((edge) => graph.nodes[graph.edges[edge].to].name);
    const told = [title(graph.nodes[at]), versions(graph.nodes[at]), marks(graph.nodes[at]), sends.length ? `sends to ${sends.join(", ")}` : ""];
    node.setAttribute("aria-label", told.filter(Boolean).join("; "));
    node.addEventListener("focus", () => reveal(rect(at)));
    node.addEventListener("click", (event) => { event.stopPropagation(); open(at); });
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(at); }
      // Up and down go through the box, right and left along the calls.
      const next = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (next) {
        event.preventDefault();
        const members = layout.groups[of(at)].nodes;
        nodes[members[(members.indexOf(at) + next + members.length) % members.length]].focus();
        return;
      }
      const step = { ArrowRight: ["from", "to"], ArrowLeft: ["to", "from"] }[event.key];
      if (!step) return;
      event.preventDefault();
      const along = graph.edges.find((edge) => edge[step[0]] === at && !folded[of(edge[step[1]])]);
      if (along) nodes[along[step[1]]].focus();
    });
    node.addEventListener("mouseenter", () => opened === null && highlight(at));
    node.addEventListener("mouseleave", () => opened === null && highlight(null));
  });

  // One pointer moves, two zoom; a press that moved is no click.
  const pointers = new Map();
  let moved = 0;
  picture.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pointers.size === 0) moved = 0;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  const apart = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
  window.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const distance = pointers.size > 1 ? apart() : 0;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    const [dx, dy] = [event.clientX - before[0], event.clientY - before[1]];
    moved += Math.hypot(dx, dy);
    if (moved <= 4) return;
    touched = true;
    picture.classList.add("moved");
    if (pointers.size > 1) {
      const { left: x, top: y } = picture.getBoundingClientRect();
      const points = [...pointers.values()];
      if (distance > 0) zoom(apart() / distance, (points[0][0] + points[1][0]) / 2 - x, (points[0][1] + points[1][1]) / 2 - y);
      return;
    }
    left += dx;
    top += dy;
    move();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    window.addEventListener(end, (event) => {
      pointers.delete(event.pointerId);
      if (pointers.size === 0) picture.classList.remove("moved");
    });
  }
  picture.addEventListener("click", (event) => {
    if (moved > 4) { event.stopPropagation(); event.preventDefault(); }
    moved = 0;
  }, true);
  picture.addEventListener("wheel", (event) => {
    event.preventDefault();
    const { left: x, top: y } = picture.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - x, event.clientY - y);
  }, { passive: false });

  const every = (value) => { if (value) shut(); folded.fill(value); draw(); fit(); };
  $("fold").onclick = () => every(true);
  $("unfold").onclick = () => every(false);
  $("larger").onclick = () => zoom(1.25);
  $("smaller").onclick = () => zoom(0.8);
  $("fit").onclick = () => { touched = false; fit(); };
  $("scheme").onclick = () => {
    const dark = document.body.classList.contains("dark")
      || (!document.body.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
    document.body.classList.toggle("dark", !dark);
    document.body.classList.toggle("light", dark);
  };
  $("listing").onclick = () => {
    list.hidden = !list.hidden;
    picture.style.display = list.hidden ? "" : "none";
    $("listing").setAttribute("aria-pressed", String(!list.hidden));
    if (list.hidden) fit();
  };
  window.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (event.target.id === "search" && event.target.value) {
        event.target.value = "";
        search("");
      } else if (!panel.hidden) shut();
    }
    if (event.key === "/" && event.target.tagName !== "INPUT") { event.preventDefault(); $("search").focus(); }
  });
  window.addEventListener("resize", () => touched || fit());

  const row = (...cells) => element("tr", "", ...cells.map((text) => element("td", text)));
  const heads = ["", "Versions", "Marks", "Sends to", "Declared at"].map((text) => element("th", text));
  list.append(element("table", "", element("thead", "", element("tr", "", ...heads)), element("tbody", "",
    ...graph.nodes.map((node, at) => row(
      title(node),
      versions(node),
      marks(node),
      near(at).filter((edge) => graph.edges[edge].from === at).map((edge) => {
        const { to, label, permission } = graph.edges[edge];
        return `${graph.nodes[to].name}${label ? ` (${label})` : ""}${allowed[permission]}`;
      }).join(", "),
      `${node.place.file}:${node.place.line}`)))));

  draw();
  fit();
})();
