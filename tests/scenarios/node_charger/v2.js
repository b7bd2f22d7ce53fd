// What the charger says in 2.0.1 and 2.1.

import { ago, METER_WH } from "./meter.js";

const EVSE = { id: 1, connectorId: 1 };

export function v2(charger) {
  const variables = { "OCPPCommCtrlr/HeartbeatInterval": "300", "SampledDataCtrlr/TxUpdatedInterval": "60" };
  const transactionId = "node-0001";
  let told = 0;

  const is = (connectorStatus) =>
    charger.call("StatusNotification", { timestamp: ago(0), connectorStatus, evseId: 1, connectorId: 1 });

  function tell(eventType, triggerReason, minutes, registerWh, info, more = {}) {
    const context = { Started: "Transaction.Begin", Ended: "Transaction.End" }[eventType] ?? "Sample.Periodic";
    const sampledValue = [
      { value: registerWh / 1000, context, unitOfMeasure: { unit: "kWh" } },
      { value: 11, context, measurand: "Power.Active.Import", unitOfMeasure: { unit: "W", multiplier: 3 } },
    ];
    return charger.call("TransactionEvent", {
      eventType,
      timestamp: ago(minutes),
      triggerReason,
      seqNo: told++,
      transactionInfo: { transactionId, ...info },
      meterValue: [{ timestamp: ago(minutes), sampledValue }],
      ...more,
    });
  }

  async function begin(idToken, remoteStartId) {
    const { idTokenInfo } = await charger.call("Authorize", { idToken });
    if (idTokenInfo.status !== "Accepted") return;
    await is("Occupied");
    const info = { chargingState: "EVConnected", remoteStartId };
    await tell("Started", "RemoteStart", 30, METER_WH.begin, info, { evse: EVSE, idToken });
    await tell("Updated", "MeterValuePeriodic", 15, METER_WH.middle, { chargingState: "Charging" });
  }

  async function stop() {
    await tell("Ended", "RemoteStop", 0, METER_WH.end, { stoppedReason: "Remote" });
    await is("Available");
  }

  async function report(requestId) {
    const parts = Object.entries(variables);
    for (const [seqNo, [path, value]] of parts.entries()) {
      const [component, variable] = path.split("/");
      const one = {
        component: { name: component },
        variable: { name: variable },
        variableAttribute: [{ type: "Actual", value, mutability: "ReadWrite" }],
        variableCharacteristics: { unit: "s", dataType: "integer", supportsMonitoring: false },
      };
      const tbc = seqNo + 1 < parts.length;
      await charger.call("NotifyReport", { requestId, generatedAt: ago(0), tbc, seqNo, reportData: [one] });
    }
  }

  return {
    async boot() {
      const chargingStation = { vendorName: "Node", model: "N2", firmwareVersion: charger.firmware };
      const { status } = await charger.call("BootNotification", { reason: "PowerUp", chargingStation });
      if (status !== "Accepted") throw new Error(`not accepted but ${status}`);
      await is("Available");
    },

    answers: {
      RequestStartTransaction({ idToken, remoteStartId }) {
        charger.afterwards(() => begin(idToken, remoteStartId));
        return { status: "Accepted" };
      },
      RequestStopTransaction(request) {
        if (request.transactionId !== transactionId) return { status: "Rejected" };
        charger.afterwards(stop);
        return { status: "Accepted" };
      },
      GetBaseReport({ requestId }) {
        charger.afterwards(() => report(requestId));
        return { status: "Accepted" };
      },
      GetVariables({ getVariableData }) {
        const getVariableResult = getVariableData.map(({ component, variable }) => {
          const attributeValue = variables[`${component.name}/${variable.name}`];
          return { component, variable, attributeValue, attributeStatus: attributeValue ? "Accepted" : "UnknownVariable" };
        });
        return { getVariableResult };
      },
      SetVariables({ setVariableData }) {
        const setVariableResult = setVariableData.map(({ component, variable, attributeValue }) => {
          const path = `${component.name}/${variable.name}`;
          if (!(path in variables)) return { component, variable, attributeStatus: "UnknownVariable" };
          variables[path] = attributeValue;
          return { component, variable, attributeStatus: "Accepted" };
        });
        return { setVariableResult };
      },
      ReserveNow() {
        return { status: "Accepted" };
      },
      UpdateFirmware({ requestId, firmware }) {
        const progress = (status) => charger.call("FirmwareStatusNotification", { status, requestId });
        charger.afterwards(() => charger.update(firmware, progress));
        return { status: "Accepted" };
      },
      GetLog({ requestId, log }) {
        const progress = (status) => charger.call("LogStatusNotification", { status, requestId });
        charger.afterwards(() => charger.bring(log.remoteLocation, progress));
        return { status: "Accepted", filename: "node.log" };
      },
    },
  };
}
