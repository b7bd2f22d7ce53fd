import { Notifications } from "@mantine/notifications";
import css from "./NotificationArea.module.css";

/** Where `notify` shows what it says. */
export function NotificationArea() {
  return <Notifications position="bottom-right" limit={4} classNames={{ root: css.area ?? "" }} />;
}
