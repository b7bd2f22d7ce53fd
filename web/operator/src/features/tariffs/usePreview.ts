import { useDebouncedValue } from "@mantine/hooks";
import { answered, client, problemsInWords, type Structure } from "@stationmaster/api";
import { DECIMAL } from "@stationmaster/ui";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { sentDecimal } from "../../fields";
import { dayOf, nextAt } from "./weekPicture";

/** A session that one makes up to see what it would cost, as it is typed. */
export interface Example {
  day: ReturnType<typeof dayOf>;
  clock: string;
  kwh: string;
  charging: string;
  parked: string;
}

export function useExample() {
  return useState<Example>(() => ({ day: dayOf(new Date()), clock: "18:00", kwh: "20", charging: "120", parked: "30" }));
}

const MOST = 14 * 24 * 60;

/** Whether the field holds a number of minutes that is taken. */
export function isMinutes(text: string, least: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= least && Number(text) <= MOST;
}

export function isKwh(text: string): boolean {
  return DECIMAL.test(text.trim()) && Number(sentDecimal(text)) <= 10_000;
}

/** What a tariff comes to, asked anew once the typing has paused; null: there is nothing to ask about yet. */
export function usePreview(structure: Structure | null, currency: string, example: Example) {
  const complete = isKwh(example.kwh) && isMinutes(example.charging, 1) && isMinutes(example.parked, 0) && example.clock !== "";
  const body = complete && structure && {
    currency,
    structure,
    example: {
      begins: nextAt(example.day, example.clock, new Date()),
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      kwh: sentDecimal(example.kwh),
      charging_minutes: Number(example.charging),
      parked_minutes: Number(example.parked),
    },
  };
  const [asked] = useDebouncedValue(body ? JSON.stringify(body) : "", 300);
  return useQuery({
    queryKey: ["tariff-preview", asked],
    queryFn: async ({ signal }) =>
      problemsInWords(await answered(client.POST("/api/v1/tariff-previews", { body: JSON.parse(asked) as NonNullable<typeof body & object>, signal }))),
    enabled: asked !== "",
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
