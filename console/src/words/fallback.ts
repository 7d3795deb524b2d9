/** Why a report was written without a model, as a sentence, and what to do about it. Pure. */

/** Reasons of a model that is there: it answered, or was asked in vain. Another model need not be fetched to have one. */
const MODEL_IS_THERE = /^(answer_|model_(timeout|refused|malformed)$)/;

export function lacksModel(reason: string): boolean {
  return !MODEL_IS_THERE.test(reason);
}

/** A whole sentence. Names, such as a model's, keep their own letters. */
export function detailWords(detail: string): string {
  const begun = /^[a-z]+(?=[ ,;])/.test(detail) ? detail.charAt(0).toUpperCase() + detail.slice(1) : detail;
  return /[.:]$/.test(begun) ? begun : `${begun}.`;
}
