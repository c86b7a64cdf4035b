-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- google:roster: the attributes t w mc emc autosub rejected inv alias-for profileurl of roster items,
-- told to sessions that asked with `ext`; blocking in both directions; people from the address book;
-- and the odd pushes of a new subscription. They are kept in the item's `google`, so that Prosody
-- stores them with the roster. Two operations of the control port:
--   roster-attributes {user, domain, jid, attributes}  replaces an item's attributes, pushed; an item
--                                                      that is none is made, without subscription
--   roster-items {user, domain}                        the roster as it is stored

local google = module:require "google";
local iq = module:require "google_iq";
local array = require "util.array";
local st = require "util.stanza";
local jid_bare = require "util.jid".bare;
local jid_prep = require "util.jid".prep;
local jid_split = require "util.jid".split;
local rostermanager = require "core.rostermanager";

local host = module.host;
local xmlns = "google:roster";
local xmlns_roster = "jabber:iq:roster";
local NAMES = { "t", "w", "mc", "emc", "autosub", "rejected", "inv", "alias-for", "profileurl" };
local KINDS = { B = true, H = true, P = true };

-- What the service put into everybody's roster from the mails of the account.
local ADDRESS_BOOK = {
	{ jid = "friar@verona.example", name = "Friar Laurence",
		google = { emc = "5", w = "3.5" } };
	{ jid = "apothecary@mantua.example", google = { emc = "2", autosub = "true" } };
};

local function attribute(name) return xmlns.."\1"..name; end

local function is_on(domain) return iq.offers(domain, xmlns); end

-- Stanzas

local function new_query(extended)
	return st.stanza("query", { xmlns = xmlns_roster; [attribute("ext")] = extended and "2" or nil });
end

local function add_item(query, jid, item, extended)
	local attr = { jid = jid; name = item.name; subscription = item.subscription or "none";
		ask = item.ask };
	if extended then
		for _, name in ipairs(NAMES) do
			attr[attribute(name)] = item.google and item.google[name] or nil;
		end
	end
	query:tag("item", attr);
	for group in pairs(item.groups or {}) do query:text_tag("group", group); end
	return query:up();
end

local function build_roster(session, extended)
	local query = new_query(extended);
	for jid, item in pairs(session.roster) do
		if jid then add_item(query, jid, item, extended); end
	end
	if not google.switch(host, "roster-addressbook") then return query; end
	if not extended and not google.switch(host, "roster-addressbook-plain") then return query; end
	for _, person in ipairs(ADDRESS_BOOK) do
		if not session.roster[person.jid] then add_item(query, person.jid, person, extended); end
	end
	return query;
end

-- Pushes

local function push_item(bare, jid, item)
	for _, session in ipairs(iq.sessions(bare)) do
		if session.interested then
			local extended = iq.state(session).roster;
			iq.push(session, add_item(new_query(extended), jid, item, extended),
				{ kind = "roster" });
		end
	end
end

local function changed(item, subscription, ask)
	return { name = item.name; groups = item.groups; google = item.google;
		subscription = subscription; ask = ask };
end

-- What Google sent before it made up its mind.
local function flicker(bare, jid, item)
	if item.ask then
		push_item(bare, jid, item);
		push_item(bare, jid, changed(item, "none"));
	elseif item.subscription == "to" or item.subscription == "both" then
		push_item(bare, jid, changed(item, "to"));
		push_item(bare, jid, changed(item, "none", "subscribe"));
	end
end

local function push(username, domain, jid)
	local bare = username.."@"..domain;
	local item = rostermanager.load_roster(username, domain)[jid];
	if not item then return push_item(bare, jid, { subscription = "remove" }); end
	if google.switch(domain, "roster-flicker") then flicker(bare, jid, item); end
	push_item(bare, jid, item);
end

-- Prosody's own modules push by this function, whichever host they serve.
local patched = module:shared("/*/google/roster-push");
if not patched.original then
	patched.original = rostermanager.roster_push;
	function rostermanager.roster_push(username, domain, jid)
		return (is_on(domain) and push or patched.original)(username, domain, jid);
	end
end

-- Blocking

local function is_blocked(username, jid)
	local item = username and rostermanager.load_roster(username, host)[jid_bare(jid)];
	return item and item.google and item.google.t == "B";
end

local function tell_presence(username, jid, unavailable)
	for _, session in ipairs(iq.sessions(username.."@"..host)) do
		if session.presence then
			local presence = unavailable and st.presence({ type = "unavailable" })
				or st.clone(session.presence);
			presence.attr.from, presence.attr.to = session.full_jid, jid;
			module:send(presence);
		end
	end
end

local function follow_block(username, jid, item, was_blocked)
	local is_now = item.google and item.google.t == "B" or false;
	local sees = item.subscription == "both" or item.subscription == "from";
	if sees and is_now ~= was_blocked then tell_presence(username, jid, is_now); end
end

local function refuse(event)
	local stanza = event.stanza;
	if stanza.attr.type ~= "error" and stanza.attr.type ~= "result" then
		event.origin.send(st.error_reply(stanza, "cancel", "service-unavailable"));
	end
	return true;
end

local function guard(event, owner, other)
	local stanza = event.stanza;
	if not is_on(host) or not other or not is_blocked(owner, other) then return; end
	if stanza.name == "presence" and stanza.attr.type ~= "probe" then return true; end
	return refuse(event);
end

for _, name in ipairs { "message", "presence", "iq" } do
	for _, kind in ipairs { "bare", "full" } do
		module:hook(name.."/"..kind, function (event)
			local attr = event.stanza.attr;
			if not attr.to then return; end
			return guard(event, (jid_split(attr.to)), attr.from);
		end, 150);
	end
end
for _, name in ipairs { "message", "presence" } do
	for _, kind in ipairs { "bare", "full" } do
		module:hook("pre-"..name.."/"..kind, function (event)
			-- a probe says nothing of oneself, and changed subscriptions are the user's business
			local of = event.stanza.attr.type;
			if name == "presence" and of ~= nil and of ~= "unavailable" then return; end
			return guard(event, event.origin.username, event.stanza.attr.to);
		end, 150);
	end
end

-- Requests

local function handle_get(session, stanza)
	local extended = stanza.tags[1].attr[attribute("ext")] ~= nil;
	iq.state(session).roster = extended;
	session.send(st.reply(stanza):add_child(build_roster(session, extended)));
	session.interested = true;
	return true;
end

local function read_groups(item)
	local groups = {};
	for group in item:childtags("group") do
		local text = group:get_text();
		if text then groups[text] = true; end
	end
	return groups;
end

local function keep(session, jid, old, new)
	if not rostermanager.add_to_roster(session, jid, new) then return; end
	rostermanager.roster_push(session.username, host, jid);
	follow_block(session.username, jid, new, old and old.google and old.google.t == "B" or false);
end

-- Other attributes than t are the service's own.
local function with_kind(old, kind)
	local attributes = {};
	for name, value in pairs(old and old.google or {}) do attributes[name] = value; end
	attributes.t = kind;
	return next(attributes) and attributes or nil;
end

local function handle_set(session, stanza)
	local query = stanza.tags[1];
	local item = query.tags[1];
	local jid = item and item.attr.jid and jid_prep(item.attr.jid);
	if #query.tags ~= 1 or not jid or jid ~= jid_bare(jid) then return; end
	if item.attr.subscription == "remove" then return; end
	if google.switch(host, "roster-frozen") then
		session.send(st.error_reply(stanza, "cancel", "not-allowed"));
		return true;
	end
	local extended = query.attr[attribute("ext")] ~= nil;
	local kind = item.attr[attribute("t")];
	local old = session.roster[jid];
	if kind and not KINDS[kind] then
		session.send(st.error_reply(stanza, "modify", "bad-request"));
		return true;
	end
	if not extended then kind = old and old.google and old.google.t; end
	session.send(st.reply(stanza));
	keep(session, jid, old, { name = item.attr.name ~= "" and item.attr.name or nil;
		groups = read_groups(item); google = with_kind(old, kind);
		subscription = old and old.subscription or "none"; ask = old and old.ask });
	return true;
end

module:hook("iq/self/"..xmlns_roster..":query", function (event)
	local session, stanza = event.origin, event.stanza;
	if not session.username or not is_on(host) then return; end
	if stanza.attr.type == "get" then return handle_get(session, stanza); end
	return handle_set(session, stanza);
end, 10);

-- Control

iq.operation("roster-attributes", function (request)
	local roster = rostermanager.load_roster(request.user, request.domain);
	local item = roster[request.jid] or { groups = {}; subscription = "none" };
	item.google = next(request.attributes or {}) and request.attributes or nil;
	roster[request.jid] = item;
	rostermanager.save_roster(request.user, request.domain, roster, request.jid);
	rostermanager.roster_push(request.user, request.domain, request.jid);
	return {};
end);

iq.operation("roster-items", function (request)
	local items = array();
	for jid, item in pairs(rostermanager.load_roster(request.user, request.domain)) do
		if jid then
			local groups = array();
			for group in pairs(item.groups) do groups:push(group); end
			items:push({ jid = jid; name = item.name; groups = groups; ask = item.ask;
				subscription = item.subscription; attributes = item.google });
		end
	end
	return { items = items };
end);
