// A slider with two thumbs: two inputs of the browser's own on one track, so
// that keys, touch and screen readers work as everywhere.

/** Positions of a slider: the distinct values, or 400 of them. */
function sliderStops(column) {
  const order = column.order;
  const steps = Math.min(order.length - 1, 400);
  return { steps, value: (position) =>
    order[Math.round((position / steps) * (order.length - 1))],
  position: (value) => {
    let at = 0;
    while (at < steps && order[Math.round((at / steps) * (order.length - 1))] < value) ++at;
    return at;
  } };
}

/** A fieldset named by the column; `bounds` are those set, or null;
    `change([low, high])`, with null where everything is inside. */
function rangeSlider(column, bounds, change) {
  const { steps, value, position } = sliderStops(column);
  const input = (name, at) => {
    const made = el("input", { type: "range", min: 0, max: steps,
      "aria-label": `${column.label} ${name}` });
    made.value = at;
    return made;
  };
  const low = input("at least", bounds ? position(bounds[0]) : 0);
  const high = input("at most", bounds ? position(bounds[1]) : steps);
  const from = el("output", { class: "bound" });
  const to = el("output", { class: "bound" });
  const track = el("span", { class: "track" });
  const show = () => {
    const [a, b] = [Number(low.value), Number(high.value)];
    from.textContent = short(value(a));
    to.textContent = short(value(b));
    low.setAttribute("aria-valuetext", from.textContent);
    high.setAttribute("aria-valuetext", to.textContent);
    track.style.setProperty("--from", a / steps);
    track.style.setProperty("--to", b / steps);
    // The thumb that still has room lies on top where both meet.
    low.style.zIndex = a > steps / 2 ? 3 : 2;
  };
  const moved = (mover) => {
    const [a, b] = [Number(low.value), Number(high.value)];
    if (a > b) mover.value = mover === low ? b : a;
    const now = [Number(low.value), Number(high.value)];
    show();
    change(now[0] === 0 && now[1] === steps ? null : now.map(value));
  };
  low.addEventListener("input", () => moved(low));
  high.addEventListener("input", () => moved(high));
  show();
  return el("fieldset", { class: "range" }, el("legend", {}, column.label),
    el("span", { class: "two" }, track, low, high),
    el("span", { class: "bounds" }, from, "to", to));
}
