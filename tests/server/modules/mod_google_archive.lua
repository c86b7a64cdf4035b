-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The switch `archive-delay-ms`: an archive that takes its time for each page, while everything else
-- goes on.

local google = module:require "google";

local host = module.host;
local query = "iq-set/self/urn:xmpp:mam:2:query";

module:hook(query, function (event)
	local delay_ms = google.switch(host, "archive-delay-ms");
	if delay_ms == 0 or event.delayed then return; end
	event.delayed = true;
	event.origin.mam_requested = true; -- as Prosody does when the question comes
	module:add_timer(delay_ms / 1000, function ()
		if event.origin.type == "c2s" then
			module:fire_event(query, event);
		end
	end);
	return true;
end, 2000);
