-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The alias domain and the changed resource. A session signs in under the alias; once it is
-- authenticated and has restarted its stream (which still names the alias), it moves to the
-- canonical host, so that everything from the stream features on happens there and the bind result
-- carries the canonical JID.

local google = module:require "google";
local random = require "util.random".bytes;
local to_hex = require "util.hex".to;

local host = module.host;
local canonical = google.canonical(host);

if canonical ~= host then
	module:hook("stream-features", function (event)
		local session = event.origin;
		if not session.username then return; end
		session.host = canonical;
		session.google_alias = host;
		prosody.hosts[canonical].events.fire_event("stream-features", event);
		return true;
	end, 1000);
end

module:hook("pre-resource-bind", function (event)
	if not google.switch(host, "google") or not google.switch(host, "resource-suffix") then return; end
	event.resource = (event.resource or "").. to_hex(random(4)):upper();
end);
