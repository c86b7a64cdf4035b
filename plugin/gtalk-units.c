/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "gtalk-units.h"

#include "gtalk-archive.h"
#include "gtalk-carbons.h"
#include "gtalk-discovery.h"
#include "gtalk-inbox.h"
#include "gtalk-message-id.h"
#include "gtalk-requests.h"
#include "gtalk-stream-management.h"

const GTalkUnit *const gtalk_units[] = {
	&gtalk_stream_management_unit, /* counts what the units below change last */
	&gtalk_requests_unit,
	&gtalk_discovery_unit,
	&gtalk_carbons_unit,
	&gtalk_archive_unit,
	&gtalk_message_id_unit,
	&gtalk_inbox_unit,
	NULL,
};
