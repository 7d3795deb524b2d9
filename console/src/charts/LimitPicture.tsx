import type { LimitRule } from "../api/limits";
import { useWidth } from "../parts/useSize";
import { Behaviour, STRETCHES_SHOWN, behaviour, windowWords } from "../words/limits";
import { exact } from "../words/numbers";
import { round } from "./scale";
import "./limits.css";

const TOP = 16;
const TICKS = 22;

/** How a rule behaves: a burst, a steady stream a little too fast, a pause. What passes and what is refused stands below. */
export function LimitPicture({ rule, height = 150, plain = false }: { rule: Omit<LimitRule, "rule_id">; height?: number; plain?: boolean }) {
  const [box, width] = useWidth<HTMLDivElement>();
  const shown = behaviour(rule);
  const refused = shown.requests.filter((request) => !request.passes).length;
  const says = `${rule.algorithm === "token_bucket" ? "Submissions left" : "Submissions counted"} over ${windowWords(Math.round(shown.length))}: a burst, a steady stream a quarter above the rate, a pause. ${exact(shown.requests.length - refused)} of ${exact(shown.requests.length)} pass.`;
  return (
    <div ref={box} className={`limit-picture ${plain ? "limit-plain" : ""}`} role="img" aria-label={says}>
      {width > 0 && <Drawing shown={shown} rule={rule} width={width} height={height} plain={plain} />}
    </div>
  );
}

function Drawing({ shown, rule, width, height, plain }: { shown: Behaviour; rule: Omit<LimitRule, "rule_id">; width: number; height: number; plain: boolean }) {
  const floor = height - (plain ? 6 : TICKS + 16);
  const top = plain ? 2 : TOP;
  const x = (at: number) => round((at / shown.length) * (width - 1));
  const y = (value: number) => round(floor - (value / shown.capacity) * (floor - top));
  const path = shown.line.map((point, index) => `${index === 0 ? "M" : "L"}${x(point.at)} ${y(point.value)}`).join("");
  const step = shown.length / STRETCHES_SHOWN;
  const windows = [step, 2 * step];
  return (
    <svg width={width} height={height} aria-hidden="true">
      <path className="limit-area" d={`${path}L${x(shown.length)} ${floor}L0 ${floor}Z`} />
      <path className="limit-line" d={path} />
      <line className="axis-floor" x1="0" x2={width} y1={floor + 0.5} y2={floor + 0.5} />
      <line className="limit-most" x1="0" x2={width} y1={top} y2={top} />
      {!plain && (
        <>
          <text className="axis-text" x="0" y="11">{rule.algorithm === "token_bucket" ? `${exact(shown.capacity)} at once: what is left` : `${exact(shown.capacity)}: what is counted in the last ${windowWords(rule.window_seconds)}`}</text>
          {windows.map((at) => (
            <g key={at}>
              <line className="axis-grid" x1={x(at)} x2={x(at)} y1={top} y2={floor} />
              <text className="axis-text" x={x(at)} y={height - 2} textAnchor="middle">{windowWords(Math.max(1, Math.round(at))).replace(/^(?=[a-z])/, "1 ")}</text>
            </g>
          ))}
        </>
      )}
      {shown.requests.map((request, index) => request.passes
        ? <line key={index} className="limit-passed" x1={x(request.at)} x2={x(request.at)} y1={floor + (plain ? 2 : 5)} y2={floor + (plain ? 5 : 11)} />
        : <line key={index} className="limit-refused" x1={x(request.at)} x2={x(request.at)} y1={floor + (plain ? 2 : 13)} y2={floor + (plain ? 5 : 20)} />)}
    </svg>
  );
}

export function LimitKey() {
  return <p className="limit-key quieter"><span><i className="key limit-key-passed" />passes</span><span><i className="key limit-key-refused" />refused with 429</span><span>A burst, then a stream a quarter above the rate, then a pause.</span></p>;
}
