/** Commands and programs to copy: real ones, for this server and project. Secrets stay out of them. */
import type { Sample } from "../../parts/Samples";

const SUBMISSION = (source: string) => `{"user": {"email": "ana@example.com", "phone": "+15550100123"}, "source": "${source}",
 "channel": "organic", "consent": true, "fields": {"state": "CA", "loan_amount": 320000}}`;

/** How a sender signs, after the Standard Webhooks specification: HMAC-SHA-256 over id, time and body, joined by dots. */
export function signingSamples(address: string, source: string): Sample[] {
  return [
    {
      name: "Shell",
      text: `# DAYBOOK_WEBHOOK_SECRET holds whsec_…
id="msg_$(date +%s%N)"; now=$(date +%s)
body='${SUBMISSION(source)}'
key=$(printf %s "\${DAYBOOK_WEBHOOK_SECRET#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')
signature=$(printf %s "$id.$now.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
curl ${address} \\
  -H "Content-Type: application/json" -H "webhook-id: $id" \\
  -H "webhook-timestamp: $now" -H "webhook-signature: v1,$signature" \\
  --data-binary "$body"`,
    },
    {
      name: "Python",
      text: `import base64, hashlib, hmac, json, os, time, urllib.request, uuid

key = base64.b64decode(os.environ["DAYBOOK_WEBHOOK_SECRET"].removeprefix("whsec_"))
body = json.dumps({
    "user": {"email": "ana@example.com"}, "source": "${source}", "consent": True,
    "fields": {"state": "CA", "loan_amount": 320000},
}).encode()
message_id, now = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
signature = hmac.new(key, f"{message_id}.{now}.".encode() + body, hashlib.sha256).digest()
request = urllib.request.Request("${address}", body, {
    "Content-Type": "application/json", "webhook-id": message_id, "webhook-timestamp": now,
    "webhook-signature": "v1," + base64.b64encode(signature).decode(),
})
print(urllib.request.urlopen(request).read().decode())`,
    },
    {
      name: "Node",
      text: `import { createHmac, randomUUID } from "node:crypto";

const key = Buffer.from(process.env.DAYBOOK_WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const body = JSON.stringify({
  user: { email: "ana@example.com" }, source: "${source}", consent: true,
  fields: { state: "CA", loan_amount: 320000 },
});
const id = "msg_" + randomUUID();
const now = Math.floor(Date.now() / 1000);
const signature = createHmac("sha256", key).update(id + "." + now + "." + body).digest("base64");
const answer = await fetch("${address}", {
  method: "POST", body,
  headers: {
    "Content-Type": "application/json", "webhook-id": id, "webhook-timestamp": String(now),
    "webhook-signature": "v1," + signature,
  },
});
console.log(answer.status, await answer.text());`,
    },
  ];
}

export function apiSamples(origin: string, projectId: string, source: string): { title: string; says: string; text: string }[] {
  const leads = `${origin}/v1/projects/${projectId}/leads`;
  const authorised = `-H "Authorization: Bearer $DAYBOOK_API_KEY"`;
  return [
    {
      title: "One submission", says: "201 with the lead's id, or a problem that names the field. Repeat it with the same Idempotency-Key and it is answered, not done, again.",
      text: `curl ${leads} \\
  ${authorised} \\
  -H "Content-Type: application/json" -H "Idempotency-Key: $(uuidgen)" \\
  -d '${SUBMISSION(source)}'`,
    },
    {
      title: "Many, as JSON Lines", says: "Each line is judged on its own: good neighbours of a bad one go through. The answer has one result a line.",
      text: `curl ${leads}/batch \\
  ${authorised} \\
  -H "Content-Type: application/x-ndjson" \\
  --data-binary @submissions.ndjson`,
    },
    {
      title: "Many, as CSV", says: "The header names the parts: email, phone, name, external_id, source, channel, consent; every other column becomes a field.",
      text: `curl "${leads}/batch?source=${source}&consent=true" \\
  ${authorised} \\
  -H "Content-Type: text/csv" \\
  --data-binary @submissions.csv`,
    },
    {
      title: "A large file", says: "Up to 256 MiB. Answers at once with a job; Settings \u2192 Import does the same with a preview.",
      text: `curl "${origin}/v1/projects/${projectId}/imports?name=leads.csv&source=${source}&consent=true" \\
  ${authorised} \\
  -H "Content-Type: text/csv" \\
  -T leads.csv -X POST`,
    },
  ];
}
