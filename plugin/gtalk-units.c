/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-units.h"

#include "calls/gtalk-call.h"
#include "calls/gtalk-jingle-info.h"
#include "contacts/gtalk-invitation.h"
#include "contacts/gtalk-roster-change.h"
#include "contacts/gtalk-roster.h"
#include "contacts/gtalk-subscriptions.h"
#include "contacts/gtalk-suggestion.h"
#include "core/gtalk-discovery.h"
#include "core/gtalk-requests.h"
#include "core/gtalk-stream-management.h"
#include "mail/gtalk-mail.h"
#include "mail/gtalk-settings.h"
#include "messages/gtalk-archive.h"
#include "messages/gtalk-capabilities.h"
#include "messages/gtalk-carbons.h"
#include "messages/gtalk-decoration.h"
#include "messages/gtalk-delivery.h"
#include "messages/gtalk-inbox.h"
#include "messages/gtalk-message-id.h"
#include "messages/gtalk-off-record.h"
#include "messages/gtalk-offline.h"
#include "messages/gtalk-receipts.h"
#include "rooms/gtalk-groupchat.h"
#include "sign-in/gtalk-deadline.h"
#include "sign-in/gtalk-endpoint.h"
#include "sign-in/gtalk-identity.h"
#include "sign-in/gtalk-sign-in.h"
#include "sign-in/gtalk-stream-guard.h"
#include "sign-in/gtalk-token.h"
#include "status/gtalk-own-status.h"
#include "status/gtalk-presence.h"
#include "status/gtalk-queue.h"
#include "status/gtalk-saved-statuses.h"
#include "status/gtalk-shared-status.h"

/* One a line. */
/* clang-format off */
const GTalkUnit *const gtalk_units[] = {
	&gtalk_stream_guard_unit, /* sees all that comes before anybody, all that goes out last */
	&gtalk_deadline_unit,     /* what the guard keeps back is no answer */
	&gtalk_endpoint_unit,
	&gtalk_token_unit,
	&gtalk_sign_in_unit,           /* only what the guard lets through */
	&gtalk_stream_management_unit, /* counts what the units below change last */
	&gtalk_identity_unit,          /* from here on the own account has one name */
	&gtalk_requests_unit,
	&gtalk_discovery_unit,
	&gtalk_subscriptions_unit, /* of those, too, whom the roster unit hides */
	&gtalk_queue_unit, /* what waits has been seen by nobody below */
	&gtalk_roster_change_unit,
	&gtalk_roster_unit,
	&gtalk_settings_unit,
	&gtalk_mail_unit,
	&gtalk_groupchat_unit,
	&gtalk_invitation_unit,
	&gtalk_suggestion_unit,
	&gtalk_carbons_unit,
	&gtalk_archive_unit,
	&gtalk_offline_unit,
	&gtalk_decoration_unit,
	&gtalk_capabilities_unit,
	&gtalk_receipts_unit,   /* asks by the id that is given below */
	&gtalk_delivery_unit,   /* remembers messages by the id that is given below */
	&gtalk_off_record_unit, /* knows before a message is shown and logged */
	&gtalk_jingle_info_unit,
	&gtalk_call_unit,
	&gtalk_message_id_unit,
	&gtalk_inbox_unit,
	&gtalk_shared_status_unit,
	&gtalk_saved_statuses_unit, /* has the server's texts before one of them is shown */
	&gtalk_own_status_unit,
	&gtalk_presence_unit, /* keeps what it holds back as the inherited protocol made it */
	NULL,
};
/* clang-format on */
