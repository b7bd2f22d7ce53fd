"""What the JSON schemas do not say: the block of a message, what it is for in a few words, the unit of a field.

`generate_messages.py` reads this; edit it, then run the generator.
"""

from __future__ import annotations

# module: (title, {action: what it is for})
BLOCKS_16: dict[str, tuple[str, dict[str, str]]] = {
    "core": (
        "Core profile of 1.6",
        {
            "Authorize": "A station asks whether a token may charge.",
            "BootNotification": "A station introduces itself and asks to be let in.",
            "ChangeAvailability": "Put a connector, or the whole station, into or out of service.",
            "ChangeConfiguration": "Set one configuration key.",
            "ClearCache": "Forget the remembered authorizations.",
            "DataTransfer": "A private message between a vendor's station and its central system, either way.",
            "GetConfiguration": "Read configuration keys; no keys means all of them.",
            "Heartbeat": "A sign of life, and a station's way to get the time.",
            "MeterValues": "Readings of a meter, with or without a transaction.",
            "RemoteStartTransaction": "Start charging on somebody's behalf.",
            "RemoteStopTransaction": "Stop a running transaction.",
            "Reset": "Restart the station.",
            "StartTransaction": "A transaction has started; the answer gives it its number.",
            "StatusNotification": "A connector has changed its state; connector 0 is the station itself.",
            "StopTransaction": "A transaction has ended. It can't be refused.",
            "UnlockConnector": "Let go of a stuck plug.",
        },
    ),
    "firmware": (
        "Firmware management profile of 1.6",
        {
            "DiagnosticsStatusNotification": "How the upload of diagnostics is going.",
            "FirmwareStatusNotification": "How a firmware update is going.",
            "GetDiagnostics": "Upload diagnostics to a place of our choice.",
            "UpdateFirmware": "Fetch and install firmware, from a given moment on.",
        },
    ),
    "local_list": (
        "Local authorization list profile of 1.6",
        {
            "GetLocalListVersion": "Which version of the local list does the station have?",
            "SendLocalList": "Replace or amend the list of tokens that the station knows by heart.",
        },
    ),
    "reservation": (
        "Reservation profile of 1.6",
        {
            "CancelReservation": "Give a reservation up.",
            "ReserveNow": "Keep a connector for one token until a given moment.",
        },
    ),
    "smart_charging": (
        "Smart charging profile of 1.6",
        {
            "ClearChargingProfile": "Remove the charging profiles that match.",
            "GetCompositeSchedule": "What limit will be in force over the coming time?",
            "SetChargingProfile": "Install a charging profile.",
        },
    ),
    "trigger": (
        "Remote trigger profile of 1.6",
        {"TriggerMessage": "Ask the station to send a message now."},
    ),
    "security": (
        "Security extension of 1.6 (security whitepaper, edition 3)",
        {
            "CertificateSigned": "The certificate that the station asked for, signed.",
            "DeleteCertificate": "Remove an installed root certificate.",
            "ExtendedTriggerMessage": "TriggerMessage with the messages of the security extension.",
            "GetInstalledCertificateIds": "Which root certificates are installed?",
            "GetLog": "Upload a diagnostics or security log.",
            "InstallCertificate": "Install a root certificate.",
            "LogStatusNotification": "How the upload of a log is going.",
            "SecurityEventNotification": "Something happened that matters for security.",
            "SignCertificate": "A station asks for its certificate to be signed.",
            "SignedFirmwareStatusNotification": "How a signed firmware update is going.",
            "SignedUpdateFirmware": "Fetch, verify and install signed firmware.",
        },
    ),
}

BLOCKS_2: dict[str, tuple[str, dict[str, str]]] = {
    "security": (
        "Block A, security",
        {
            "CertificateSigned": "The certificate that the station asked for, signed.",
            "SecurityEventNotification": "Something happened that matters for security.",
            "SignCertificate": "A station asks for its certificate to be signed.",
        },
    ),
    "provisioning": (
        "Block B, provisioning",
        {
            "BootNotification": "A station introduces itself and asks to be let in.",
            "GetBaseReport": "Report a standard set of variables.",
            "GetReport": "Report the variables that match.",
            "GetVariables": "Read variables.",
            "NotifyReport": "One part of a report of variables.",
            "Reset": "Restart the station or one EVSE.",
            "SetNetworkProfile": "Store how to connect to a CSMS, in a numbered slot.",
            "SetVariables": "Set variables.",
        },
    ),
    "authorization": (
        "Block C, authorization",
        {
            "Authorize": "A station asks whether a token may charge.",
            "ClearCache": "Forget the remembered authorizations.",
        },
    ),
    "local_list": (
        "Block D, local authorization list",
        {
            "GetLocalListVersion": "Which version of the local list does the station have?",
            "SendLocalList": "Replace or amend the list of tokens that the station knows by heart.",
        },
    ),
    "transactions": (
        "Block E, transactions",
        {
            "GetTransactionStatus": "Is a transaction going on, and are messages about it still queued?",
            "TransactionEvent": "A transaction started, went on or ended. It can't be refused.",
        },
    ),
    "remote_control": (
        "Block F, remote control",
        {
            "RequestStartTransaction": "Start charging on somebody's behalf.",
            "RequestStopTransaction": "Stop a running transaction.",
            "TriggerMessage": "Ask the station to send a message now.",
            "UnlockConnector": "Let go of a stuck plug.",
        },
    ),
    "availability": (
        "Block G, availability",
        {
            "ChangeAvailability": "Put a connector, an EVSE or the whole station into or out of service.",
            "Heartbeat": "A sign of life, and a station's way to get the time.",
            "StatusNotification": "A connector has changed its state.",
        },
    ),
    "reservation": (
        "Block H, reservation",
        {
            "CancelReservation": "Give a reservation up.",
            "ReservationStatusUpdate": "A reservation ended without being used.",
            "ReserveNow": "Keep an EVSE for one token until a given moment.",
        },
    ),
    "tariff_and_cost": (
        "Block I, tariff and cost (in 2.1 with payment, block C)",
        {
            "ChangeTransactionTariff": "Replace the tariff of a running transaction.",
            "ClearTariffs": "Remove tariffs from the station.",
            "CostUpdated": "Show the driver what the session costs so far.",
            "GetTariffs": "Which tariffs does the station have?",
            "NotifySettlement": "A payment terminal has settled a payment.",
            "NotifyWebPaymentStarted": "Somebody started to pay on the web: keep the EVSE for them for a while.",
            "SetDefaultTariff": "Give an EVSE the tariff for drivers without one of their own.",
            "VatNumberValidation": "Is this VAT number valid, and whose is it?",
        },
    ),
    "meter_values": (
        "Block J, meter values",
        {"MeterValues": "Readings of an EVSE outside of a transaction."},
    ),
    "smart_charging": (
        "Block K, smart charging",
        {
            "ClearChargingProfile": "Remove the charging profiles that match.",
            "ClearedChargingLimit": "A limit from outside is lifted.",
            "GetChargingProfiles": "Report the charging profiles that match.",
            "GetCompositeSchedule": "What limit will be in force over the coming time?",
            "NotifyChargingLimit": "A limit from outside now holds.",
            "NotifyEVChargingNeeds": "What the vehicle would like.",
            "NotifyEVChargingSchedule": "How the vehicle plans to charge.",
            "NotifyPriorityCharging": "Priority charging was switched on or off at the station.",
            "PullDynamicScheduleUpdate": "A station asks for fresh setpoints of a dynamic profile.",
            "ReportChargingProfiles": "One part of a report of charging profiles.",
            "SetChargingProfile": "Install a charging profile.",
            "UpdateDynamicSchedule": "Fresh setpoints for a dynamic profile.",
            "UsePriorityCharging": "Switch priority charging on or off for a transaction.",
        },
    ),
    "firmware": (
        "Block L, firmware",
        {
            "FirmwareStatusNotification": "How a firmware update is going.",
            "PublishFirmware": "Let a local controller hand firmware out to its stations.",
            "PublishFirmwareStatusNotification": "How the publishing of firmware is going.",
            "UnpublishFirmware": "Stop handing firmware out.",
            "UpdateFirmware": "Fetch and install firmware.",
        },
    ),
    "certificates": (
        "Block M, certificates for ISO 15118",
        {
            "DeleteCertificate": "Remove an installed certificate.",
            "Get15118EVCertificate": "A vehicle wants its contract certificate installed or renewed.",
            "GetCertificateChainStatus": "A station asks about the revocation of several certificates.",
            "GetCertificateStatus": "A station asks for the OCSP answer about a certificate.",
            "GetInstalledCertificateIds": "Which certificates are installed?",
            "InstallCertificate": "Install a root certificate.",
        },
    ),
    "diagnostics": (
        "Block N, diagnostics and monitoring",
        {
            "AdjustPeriodicEventStream": "Change the pace of an event stream.",
            "ClearVariableMonitoring": "Remove monitors.",
            "ClosePeriodicEventStream": "A station ends an event stream.",
            "CustomerInformation": "Report, or forget, what the station knows of a customer.",
            "GetLog": "Upload a diagnostics or security log.",
            "GetMonitoringReport": "Report the monitors that match.",
            "GetPeriodicEventStream": "Which event streams are open?",
            "LogStatusNotification": "How the upload of a log is going.",
            "NotifyCustomerInformation": "One part of a report on a customer.",
            "NotifyEvent": "Monitors have fired.",
            "NotifyMonitoringReport": "One part of a report of monitors.",
            "NotifyPeriodicEventStream": "Values of an event stream; sent without asking for an answer.",
            "OpenPeriodicEventStream": "A station opens an event stream.",
            "SetMonitoringBase": "Activate a standard set of monitors.",
            "SetMonitoringLevel": "Report events of this severity and worse only.",
            "SetVariableMonitoring": "Set monitors on variables.",
        },
    ),
    "display_messages": (
        "Block O, display messages",
        {
            "ClearDisplayMessage": "Remove a message from the display.",
            "GetDisplayMessages": "Report the messages that match.",
            "NotifyDisplayMessages": "One part of a report of messages.",
            "SetDisplayMessage": "Show a message on the display.",
        },
    ),
    "data_transfer": (
        "Block P, data transfer",
        {"DataTransfer": "A private message between a vendor's station and its CSMS, either way."},
    ),
    "bidirectional": (
        "Block Q, bidirectional power transfer",
        {
            "AFRRSignal": "A value of the grid's frequency restoration signal.",
            "NotifyAllowedEnergyTransfer": "Which ways of energy transfer are now allowed in a transaction.",
        },
    ),
    "der_control": (
        "Block R, control of distributed energy resources",
        {
            "ClearDERControl": "Remove DER controls.",
            "GetDERControl": "Report the DER controls that match.",
            "NotifyDERAlarm": "A grid event has started or ended.",
            "NotifyDERStartStop": "A scheduled DER control has started or stopped.",
            "ReportDERControl": "One part of a report of DER controls.",
            "SetDERControl": "Install a DER control.",
        },
    ),
    "battery_swap": (
        "Block S, battery swapping",
        {
            "BatterySwap": "Batteries were put in or taken out.",
            "RequestBatterySwap": "Start a battery swap on somebody's behalf.",
        },
    ),
}

# 1.6 writes its objects inline and without names: by "Owner.field", else by "field"
OBJECTS_16 = {
    "idTagInfo": "IdTagInfo",
    "meterValue": "MeterValue",
    "transactionData": "TransactionData",
    "TransactionData.sampledValue": "TransactionSampledValue",
    "sampledValue": "SampledValue",
    "configurationKey": "KeyValue",
    "localAuthorizationList": "AuthorizationData",
    "chargingProfile": "ChargingProfile",
    "csChargingProfiles": "ChargingProfile",
    "chargingSchedule": "ChargingSchedule",
    "chargingSchedulePeriod": "ChargingSchedulePeriod",
}

# The meter values in the schema of StopTransaction differ a little: no unit Hertz, and samples may be an empty list
PARENTS_16 = {"TransactionData": "MeterValue", "TransactionSampledValue": "SampledValue"}

# The enumerations of 1.6, likewise: by "Owner.field", else by "field"
ENUMS_16 = {
    "IdTagInfo.status": "AuthorizationStatus",
    "BootNotificationResponse.status": "RegistrationStatus",
    "CancelReservationResponse.status": "CancelReservationStatus",
    "ChangeAvailability.type": "AvailabilityType",
    "ChangeAvailabilityResponse.status": "AvailabilityStatus",
    "ChangeConfigurationResponse.status": "ConfigurationStatus",
    "ClearCacheResponse.status": "ClearCacheStatus",
    "ClearChargingProfileResponse.status": "ClearChargingProfileStatus",
    "DataTransferResponse.status": "DataTransferStatus",
    "DiagnosticsStatusNotification.status": "DiagnosticsStatus",
    "FirmwareStatusNotification.status": "FirmwareStatus",
    "GetCompositeScheduleResponse.status": "GetCompositeScheduleStatus",
    "RemoteStartTransactionResponse.status": "RemoteStartStopStatus",
    "RemoteStopTransactionResponse.status": "RemoteStartStopStatus",
    "ReserveNowResponse.status": "ReservationStatus",
    "Reset.type": "ResetType",
    "ResetResponse.status": "ResetStatus",
    "SendLocalList.updateType": "UpdateType",
    "SendLocalListResponse.status": "UpdateStatus",
    "SetChargingProfileResponse.status": "ChargingProfileStatus",
    "StatusNotification.errorCode": "ChargePointErrorCode",
    "StatusNotification.status": "ChargePointStatus",
    "StopTransaction.reason": "Reason",
    "TriggerMessage.requestedMessage": "MessageTrigger",
    "TriggerMessageResponse.status": "TriggerMessageStatus",
    "UnlockConnectorResponse.status": "UnlockStatus",
    "TransactionSampledValue.unit": "TransactionUnitOfMeasure",
    "chargingProfilePurpose": "ChargingProfilePurposeType",
    "chargingProfileKind": "ChargingProfileKindType",
    "recurrencyKind": "RecurrencyKindType",
    "chargingRateUnit": "ChargingRateUnitType",
    "context": "ReadingContext",
    "format": "ValueFormat",
    "measurand": "Measurand",
    "phase": "Phase",
    "location": "Location",
    "unit": "UnitOfMeasure",
}

# Units and surprises, by "Owner.field" or, for every owner, by "field"
UNITS = {
    "BootNotificationResponse.interval": "s, the heartbeat's, or until the next boot when not accepted",
    "meterStart": "Wh",
    "meterStop": "Wh",
    "duration": "s",
    "startPeriod": "s from the start of the schedule",
    "minChargingRate": "A or W, see charging_rate_unit",
    "limit": "A or W, see charging_rate_unit",
    "StopTransaction.transactionId": "any number of a station that never got ours, -1 and 0 among them",
    "StartTransactionResponse.transactionId": "ours, positive",
    "GetLocalListVersionResponse.listVersion": "0: the list is empty, -1: lists are not supported",
    "retryInterval": "s",
    "timeSpentCharging": "s",
    "TransactionEvent.cableMaxCurrent": "A",
    "SetNetworkProfile.configurationSlot": "number of the slot",
    "messageTimeout": "s",
    "monitoringInterval": "s",
    "energyAmount": "Wh",
    "evMinCurrent": "A",
    "evMaxCurrent": "A",
    "evMaxVoltage": "V",
    "evMaxPower": "W",
    "evEnergyCapacity": "Wh",
    "stateOfCharge": "percent",
    "fullSoC": "percent",
    "bulkSoC": "percent",
    "SampledValueType.value": "times ten to the unit's multiplier",
    "UnitOfMeasureType.multiplier": "power of ten",
    "totalCost": "with taxes, in the currency of the station",
    "CostUpdated.totalCost": "with taxes, in the currency of the station",
    "EVSEType.connectorId": "legally absent; never assume 1",
    "TransactionEvent.seqNo": "from 0; gaps are legal while offline",
    "setpoint": "W or A, see charging_rate_unit",
    "setpointReactive": "var",
    "dischargeLimit": "W or A, zero or below",
    "requestedEnergy": "Wh",
    "maxEnergy": "Wh",
    "maxTime": "s",
    "maxCost": "with taxes, in the currency of the station",
    "timeout": "s",
}

# What a datatype is, where the name alone is not enough
DATATYPES = {
    "IdTagInfo": "What we say about a token: may it charge, until when, and to which group it belongs.",
    "MeterValue": "Readings taken at one moment.",
    "SampledValue": "One reading. What is absent means: active energy imported, in Wh, periodic, at the outlet.",
    "TransactionData": "A MeterValue as StopTransaction may carry it.",
    "TransactionSampledValue": "A SampledValue as StopTransaction may carry it.",
    "KeyValue": "One configuration key and its value.",
    "AuthorizationData": "One entry of the local list; without id_tag_info it means: remove the token.",
    "ChargingProfile": "A schedule with its purpose, its rank and its time of validity.",
    "ChargingSchedule": "Limits over time.",
    "ChargingSchedulePeriod": "A limit that holds from one moment on, until the next period begins.",
    "IdTokenType": "A token, and what kind of token it is. Upper and lower case are the same.",
    "IdTokenInfoType": "What we say about a token: may it charge, until when, in which group.",
    "EVSEType": "One EVSE, perhaps with the connector.",
    "TransactionType": "The state of a transaction at the moment of an event.",
    "MeterValueType": "Readings taken at one moment.",
    "SampledValueType": "One reading. What is absent means: active energy imported, in Wh, periodic, at the outlet.",
    "SignedMeterValueType": "A reading signed by the meter, kept as it came.",
    "UnitOfMeasureType": "Unit and power of ten; absent means Wh.",
    "StatusInfoType": "Why something was answered as it was.",
    "ComponentType": "A part of a station; may belong to an EVSE or connector.",
    "VariableType": "A setting or reading of a component.",
    "ChargingProfileType": "Schedules with their purpose, rank and time of validity.",
    "ChargingScheduleType": "Limits over time.",
    "ChargingSchedulePeriodType": "A limit that holds from one moment on, until the next period begins.",
    "CompositeScheduleType": "The limit that results from all profiles together.",
    "ChargingStationType": "What a station says it is.",
    "CertificateHashDataType": "A certificate named by hashes of its issuer and its serial number.",
    "OCSPRequestDataType": "What an OCSP responder needs to know. Never fetch its URL unchecked.",
    "TariffType": "Prices of energy, time, idling and so on, each under conditions.",
    "MessageContentType": "A text in one language.",
    "EventDataType": "One event of a monitor.",
    "NetworkConnectionProfileType": "How to reach a CSMS.",
}
