import { NotificationArea } from "@stationmaster/ui";
import { RouterProvider } from "@tanstack/react-router";
import { router } from "./router";

/** Everything for somebody who is signed in. */
export default function Pages() {
  return (
    <>
      <NotificationArea />
      <RouterProvider router={router} />
    </>
  );
}
