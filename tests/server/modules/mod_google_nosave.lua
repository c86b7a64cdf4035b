-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Off the record (google:nosave): the list, changes, and pushes of them to the other sessions of both
-- sides. What it means for messages is in mod_google_routing.lua. Operation of the control port:
--   nosave {jid, contact, value?, by?}  whether the two are off the record; with value (boolean) it
--                                       is changed first and pushed, as if by `by` (default contact)

local google = module:require "google";
local iq = module:require "google_iq";
local record = module:require "google_record";
local jid_bare = require "util.jid".bare;
local jid_split = require "util.jid".split;
local st = require "util.stanza";

local host = module.host;
local VALUES = { enabled = true, disabled = false };

local function build(items, source)
	local query = st.stanza("query", { xmlns = record.xmlns });
	for jid, off in pairs(items) do
		query:tag("item", { jid = jid; value = off and "enabled" or "disabled"; source = source }):up();
	end
	return query;
end

-- To those of `bare` who asked for the list; `setter` knows already.
local function push(bare, contact, off, by, setter)
	local _, domain = jid_split(bare);
	local everybody = google.switch(domain, "nosave-push") == "all";
	local source = google.switch(domain, "nosave-push-source") and by or nil;
	for _, session in ipairs(iq.sessions(bare)) do
		if session ~= setter and (everybody or iq.state(session).nosave) then
			iq.push(session, build({ [contact] = off }, source), { kind = "nosave" });
		end
	end
end

local function change(bare, contact, off, by, setter)
	local _, domain = jid_split(bare);
	if not record.set(bare, contact, off) then return; end
	push(bare, contact, off, by, setter);
	if google.switch(domain, "nosave-push-peer") then push(contact, bare, off, by, setter); end
end

local function read_items(query)
	local items = {};
	for item in query:childtags("item", record.xmlns) do
		local jid, off = item.attr.jid, VALUES[item.attr.value];
		if not jid or off == nil then return nil, "bad-request", "modify"; end
		items[jid_bare(jid)] = off;
	end
	return items;
end

iq.provide {
	feature = record.xmlns; xmlns = record.xmlns; tag = "query";
	get = function (request)
		iq.state(request.session).nosave = true;
		return build(record.list(request.account.jid));
	end;
	set = function (request)
		local items, condition, kind = read_items(request.payload);
		if not items then return nil, condition, kind; end
		for jid, off in pairs(items) do
			change(request.account.jid, jid, off, request.account.jid, request.session);
		end
		return true;
	end;
};

iq.operation("nosave", function (request)
	if request.value ~= nil then
		change(request.jid, request.contact, request.value, request.by or request.contact);
	end
	return { off = record.get(request.jid, request.contact) or false };
end);

-- A client's own marks, where the server listens to them.
module:hook("google-mark-claimed", function (event)
	local off = VALUES[event.value];
	if off ~= nil and google.switch(host, "nosave-client-marks") == "honour" then
		change(event.from, event.to, off, event.from, event.session);
	end
end);
