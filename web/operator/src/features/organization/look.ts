import { client, tagged } from "@stationmaster/api";
import { queryOptions } from "@tanstack/react-query";

/** How the organization shows itself: name, logo, colour. It seldom changes. */
export const lookQuery = () =>
  queryOptions({
    queryKey: ["look"],
    queryFn: ({ signal }) => tagged(client.GET("/api/v1/organization/look", { signal })),
    staleTime: 10 * 60_000,
  });
