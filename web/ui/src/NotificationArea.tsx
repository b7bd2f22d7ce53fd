import { Notifications } from "@mantine/notifications";

/** Where `notify` shows what it says. */
export function NotificationArea() {
  return <Notifications position="bottom-right" limit={4} />;
}
