import { t } from "@lingui/core/macro";
import { PageHead } from "@stationmaster/ui";
import { useFocus } from "../../live/useFocus";
import { Messages } from "./Messages";
import { Tabs } from "./Tabs";

/** Every message about an alert, and what came of it. */
export function MessagesPage() {
  useFocus(null);
  return (
    <>
      <PageHead title={t`Messages`} />
      <Tabs />
      <Messages />
    </>
  );
}
