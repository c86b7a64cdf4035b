-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What the Google service said of itself: identity, feature list, and error 501 for disco#items.
-- Modern features of this server (carbons and the like) are told after Google's, as a server that
-- speaks both does; leave their modules out for the historic picture.

local google = module:require "google";
local st = require "util.stanza";

local host = module.host;
local xmlns_info = "http://jabber.org/protocol/disco#info";
local xmlns_items = "http://jabber.org/protocol/disco#items";

local function add_features(query, done, features)
	for _, feature in ipairs(features) do
		if not done[feature] then query:tag("feature", { var = feature }):up(); end
		done[feature] = true;
	end
end

module:hook("iq-get/host/"..xmlns_info..":query", function (event)
	local node = event.stanza.tags[1].attr.node;
	if not google.switch(host, "google") or (node and node ~= "") then return; end
	local query = st.stanza("query", { xmlns = xmlns_info });
	local done = {};
	query:tag("identity", {
		category = "server"; type = "im"; name = google.switch(host, "identity-name") }):up();
	add_features(query, done, { xmlns_info });
	add_features(query, done, google.switch(host, "features"));
	add_features(query, done, module:get_host_items("feature"));
	event.origin.send(st.reply(event.stanza):add_child(query));
	return true;
end, 100);

module:hook("iq-get/host/"..xmlns_items..":query", function (event)
	if not google.switch(host, "google") or google.switch(host, "disco-items") ~= "error" then return; end
	event.origin.send(st.error_reply(event.stanza, "cancel", "feature-not-implemented"));
	return true;
end, 100);
