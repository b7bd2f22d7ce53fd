import { t } from "@lingui/core/macro";
import * as v from "valibot";

const SHORTEST = 12;

/** A password the server would take. */
export function longEnough() {
  return v.pipe(v.string(), v.minLength(SHORTEST, t`At least ${SHORTEST} characters`), v.maxLength(1024, t`At most 1024 characters`));
}
