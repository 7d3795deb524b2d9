import type { AttemptDetail } from "../../api/attempts";
import { useNow } from "../../state/now";
import { useScope } from "../../state/project";
import { addressOf } from "../../state/useView";
import { attemptText } from "../../words/ticket";
import { CopyButton } from "../Copy";
import { sameUser } from "./Facts";
import { fieldsOf, limitsOf } from "./understood";

/** The attempt as plain text, for a ticket or a message. */
export function CopySummary({ detail }: { detail: AttemptDetail }) {
  const scope = useScope();
  const now = useNow(60_000);
  const link = addressOf(scope, { screen: "attempts", item: detail.attempt.attempt_id, open: null, filters: {}, words: "" });
  const text = attemptText(detail, { fields: fieldsOf(detail), limits: limitsOf(detail), tries: sameUser(detail) }, { zone: scope.zone, now, link });
  return <CopyButton text={text} label="Copy the verdict, time, fields and address as text">Copy summary</CopyButton>;
}
