// Builds the page's nodes. Text goes in as text, always: tags and regions are written by strangers.

export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no node becomes text. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children);
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** Writes only what differs: nothing is painted, and nothing read out, that did not change. */
export function text(node, value) {
  const next = String(value);
  if (node.textContent !== next) node.textContent = next;
}

/** The windows of a row as a small line, the newest marked. */
/**
 * @param values oldest first
 * @param projected whether the newest is what is expected of a window that still runs
 */
export function sparkline(values, projected = false) {
  const width = 96, height = 28, pad = 4;
  const max = Math.max(1, ...values);
  const step = values.length > 1 ? (width - 2 * pad) / (values.length - 1) : 0;
  const points = values.map((v, i) => [
    values.length > 1 ? pad + i * step : width - pad,
    height - pad - (v / max) * (height - 2 * pad),
  ]);
  const path = (some) => some.map((p) => p.map((n) => n.toFixed(1)).join(',')).join(' ');
  const line = path(points);
  const known = projected && points.length > 1 ? points.slice(0, -1) : points;
  const last = points[points.length - 1];
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, class: 'spark', 'aria-hidden': 'true', preserveAspectRatio: 'none' },
    svg('polygon', { points: `${points[0][0]},${height} ${line} ${last[0]},${height}`, class: 'area' }),
    svg('polyline', { points: path(known), class: 'line', 'vector-effect': 'non-scaling-stroke' }),
    svg('polyline', { points: path(points.slice(known.length - 1)), class: 'line ahead', 'vector-effect': 'non-scaling-stroke' }),
    svg('circle', { cx: last[0], cy: last[1], r: 2.6, class: 'dot' }));
}

const still = matchMedia('(prefers-reduced-motion: reduce)');

/** Lets rows that changed places glide there (first, last, invert, play). */
export function glide(list, change) {
  if (still.matches || document.hidden) return change();
  const before = new Map();
  for (const child of list.children) before.set(child, child.getBoundingClientRect().top);
  change();
  for (const child of list.children) {
    const from = before.get(child);
    if (from === undefined) {
      child.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 300, easing: 'ease-out' });
    } else {
      const shift = from - child.getBoundingClientRect().top;
      if (Math.abs(shift) > 1) {
        child.animate([{ transform: `translateY(${shift}px)` }, { transform: 'none' }],
          { duration: 450, easing: 'cubic-bezier(.2,.7,.2,1)' });
      }
    }
  }
}
