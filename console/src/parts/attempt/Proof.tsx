import { useEffect, useState } from "react";
import type { ProofAnswer } from "../../api/proof";
import { saveFile } from "../../charts/export";
import { useScope } from "../../state/project";
import { CheckedProof, PathStep, browserSha256, checkProof } from "../../state/merkle";
import { counted, exact, shortId } from "../../words/numbers";
import { dayWords } from "../../words/times";
import { CopyButton, CopyId } from "../Copy";
import { Icon } from "../Icon";
import "./proof.css";

type Checking = { phase: "checking" } | { phase: "impossible" } | { phase: "failed"; reason: string } | { phase: "done"; checked: CheckedProof };

/** The proof that this attempt is in its closed day, recomputed here with the browser's own SHA-256. */
export function Proof({ answer, today, dayHref }: { answer: ProofAnswer; today: string; dayHref: string }) {
  const { proof, raw, publicKey } = answer;
  const [state, set] = useState<Checking>({ phase: "checking" });
  useEffect(() => {
    let gone = false;
    const sha256 = browserSha256();
    if (!sha256) return set({ phase: "impossible" });
    checkProof(proof, sha256, publicKey).then(
      (checked) => { if (!gone) set({ phase: "done", checked }); },
      (error: unknown) => { if (!gone) set({ phase: "failed", reason: error instanceof Error ? error.message : "unknown" }); },
    );
    return () => { gone = true; };
  }, [proof, publicKey]);
  const text = JSON.stringify(raw, null, 2);
  const day = <a href={dayHref}>{dayWords(proof.date, today)}</a>;
  return (
    <div className="proof">
      <div className="proof-words">
        <p className="proof-verdict"><Verdict state={state} /></p>
        <p className="quiet">Row {exact(proof.leaf_index + 1)} of {counted(proof.tree_size, "row")} of {day}. {proof.path.length === 0 ? "It is the only one, so the root is its leaf." : `${counted(proof.path.length, "hash", "hashes")} lead from it to the root that seals the day: nothing else of the day is needed, or shown, to check it.`}</p>
        {state.phase === "done" && <Checks checked={state.checked} hasContent={proof.canonical !== null} />}
        <dl className="facts">
          <dt>Attempt's hash</dt><dd><CopyId id={proof.attempt_hash} head={16} tail={8} /></dd>
          <dt>Root of the day</dt><dd><CopyId id={proof.root} head={16} tail={8} /></dd>
          {proof.seal.signature && <><dt>Signature</dt><dd>{state.phase === "done" && !state.checked.checks.some((check) => check.name === "signature") && <span className="quiet">not checked: {publicKey === null ? "the server does not know its key" : "this browser knows no Ed25519"} </span>}<CopyId id={proof.seal.signature} head={16} tail={8} /> {proof.seal.key_id && <span className="quieter">by key <CopyId id={proof.seal.key_id} head={8} tail={4} /></span>}</dd></>}
        </dl>
        <p className="proof-actions">
          <CopyButton text={text} label="Copy the proof as JSON">Copy as JSON</CopyButton>
          <button type="button" className="button button-small" onClick={() => saveFile(`proof-${proof.attempt_id}.json`, "application/json", text)}><Icon name="download" size={14} /> Download</button>
        </p>
      </div>
      {state.phase === "done" && state.checked.steps.length > 0 && <Path steps={state.checked.steps} root={proof.root} passed={state.checked.passed} />}
    </div>
  );
}

function Verdict({ state }: { state: Checking }) {
  switch (state.phase) {
    case "checking": return <span className="quiet">Recomputing the hashes</span>;
    case "impossible": return <span className="mark-warn"><Icon name="warning" size={14} />This page is not on https or localhost, where browsers offer SHA-256: download the proof and check it elsewhere.</span>;
    case "failed": return <span className="mark-bad"><Icon name="warning" size={14} />The proof could not be recomputed: {state.reason}</span>;
    case "done": return state.checked.passed
      ? <span className="mark-good"><Icon name="check" size={14} />Recomputed in this browser: the attempt is in the sealed day, unchanged.</span>
      : <span className="mark-bad"><Icon name="warning" size={14} />The proof does not hold: what was recomputed here differs from what the day was sealed with.</span>;
  }
}

const CHECK_WORDS = { content: "the fields give the attempt's hash", leaf: "the attempt's hash gives the leaf", path: "leaf and path give the root", seal: "the root is the one that was sealed", signature: "the seal's signature holds" } as const;

function Checks({ checked, hasContent }: { checked: CheckedProof; hasContent: boolean }) {
  return (
    <ul className="proof-checks">
      {!hasContent && <li className="quieter">The fields were not sent with the proof; their hash is taken as it stands.</li>}
      {checked.checks.map((check) => (
        <li key={check.name}>
          {check.passed ? <span className="mark-good"><Icon name="check" size={14} />{CHECK_WORDS[check.name]}</span>
            : <><span className="mark-bad"><Icon name="cross" size={14} />{CHECK_WORDS[check.name]}: it does not</span>{check.expected && <span className="quieter mono proof-differs">{shortId(check.found || "nothing", 12, 6)} here, {shortId(check.expected, 12, 6)} there</span>}</>}
        </li>
      ))}
    </ul>
  );
}

const LEVEL = 36;
const BOX = 128;
const BOX_TALL = 20;
const WIDE = 2 * BOX + 28;

/** The path as a ladder from the leaf up to the root: what was computed on its side, what the proof adds on the other. */
function Path({ steps, root, passed }: { steps: readonly PathStep[]; root: string; passed: boolean }) {
  const height = (steps.length + 1) * LEVEL;
  const y = (level: number) => height - LEVEL / 2 - level * LEVEL;
  const x = (side: "left" | "right" | "middle") => (side === "left" ? 0 : side === "right" ? WIDE - BOX : (WIDE - BOX) / 2);
  const sideAt = (level: number): "left" | "right" | "middle" => steps[level]?.side ?? "middle";
  return (
    <figure className="proof-path">
      <svg width={WIDE} height={height} role="img" aria-label={`Merkle path of ${counted(steps.length, "level")}, from the leaf ${shortId(steps[0]?.own ?? "")} to the root ${shortId(root)}`}>
        {steps.map((step, level) => {
          const other = step.side === "left" ? "right" : "left";
          const up = { x: x(sideAt(level + 1)) + BOX / 2, y: y(level + 1) + BOX_TALL / 2 };
          return (
            <g key={level}>
              <path className="proof-line" d={`M${x(step.side) + BOX / 2} ${y(level) - BOX_TALL / 2}L${up.x} ${up.y}`} />
              <path className="proof-line proof-line-added" d={`M${x(other) + BOX / 2} ${y(level) - BOX_TALL / 2}L${up.x} ${up.y}`} />
            </g>
          );
        })}
        {steps.map((step, level) => {
          const other = step.side === "left" ? "right" : "left";
          return (
            <g key={level}>
              <Box x={x(step.side)} y={y(level)} text={step.own} kind={level === 0 ? "leaf" : "own"} />
              <Box x={x(other)} y={y(level)} text={step.sibling} kind="added" />
            </g>
          );
        })}
        <Box x={x("middle")} y={y(steps.length)} text={steps[steps.length - 1]?.parent ?? root} kind={passed ? "root" : "broken"} />
      </svg>
      <figcaption className="proof-key"><span><i className="proof-key-own" />computed here</span><span><i className="proof-key-added" />from the proof</span><span><i className="proof-key-root" />root</span></figcaption>
    </figure>
  );
}

function Box({ x, y, text, kind }: { x: number; y: number; text: string; kind: "leaf" | "own" | "added" | "root" | "broken" }) {
  return (
    <g className={`proof-box proof-box-${kind}`}>
      <title>{text}</title>
      <rect x={x + 0.5} y={y - BOX_TALL / 2 + 0.5} width={BOX - 1} height={BOX_TALL - 1} rx="4" />
      <text x={x + BOX / 2} y={y + 4} textAnchor="middle">{shortId(text, 8, 6)}</text>
    </g>
  );
}

/** The server itself cannot prove the attempt any more: that is a finding, not a failure to load. */
export function ProofMismatch({ date, today, dayHref }: { date: string; today: string; dayHref: string }) {
  return (
    <>
      <p className="proof-verdict" role="alert"><span className="mark-bad"><Icon name="warning" size={14} />This attempt cannot be proven: its row and the seal of its day do not agree.</span></p>
      <p className="quiet">Something was changed after the day was closed. <a href={dayHref}>Verify {dayWords(date, today)}</a>: the check names the first row that is not what was written.</p>
    </>
  );
}

/** While the day is open there is nothing to prove against yet. */
export function ProofPending({ hash, previousHash, date }: { hash: string | null; previousHash: string | null; date: string }) {
  const { today } = useScope();
  return (
    <>
      <p className="quiet">{dayWords(date, today)} is open. When it closes, it is sealed with a Merkle root; from then on this attempt's place in it can be proven to anybody. Until then its hash stands in the chain:</p>
      <dl className="facts proof-facts">
        {hash && <><dt>Hash</dt><dd><CopyId id={hash} head={16} tail={8} /></dd></>}
        {previousHash && <><dt>Of the row before</dt><dd><CopyId id={previousHash} head={16} tail={8} /></dd></>}
      </dl>
    </>
  );
}
