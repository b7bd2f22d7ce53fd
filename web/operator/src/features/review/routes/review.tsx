import { t } from "@lingui/core/macro";
import { createFileRoute } from "@tanstack/react-router";
import { texts } from "../../../search";
import { ReviewPage } from "../ReviewPage";

export const Route = createFileRoute("/review")({
  component: ReviewPage,
  validateSearch: (search: Record<string, unknown>) =>
    texts(search, "eventssort", "eventscolumns", "sessionssort", "sessionscolumns", "messagessort", "messagescolumns"),
  staticData: { title: () => t`To review`, permission: "view" },
});
