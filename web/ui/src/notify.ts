import { t } from "@lingui/core/macro";
import { notifications } from "@mantine/notifications";

/** Says in a corner of the page that something is done. It goes by itself, and never stands between a button and a click on it. */
export function done(message: string): void {
  notifications.show({ message, color: "teal", autoClose: 4_000, withCloseButton: false, style: { pointerEvents: "none" } });
}

/** Says that something did not work, where no form or place of its own can. Stays until it is read. */
export function failed(error: unknown): void {
  notifications.show({ message: error instanceof Error ? error.message : t`Something went wrong.`, color: "danger", autoClose: 12_000 });
}
