-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Every stanza of every client stream with the time at which it left or came, one JSON object a
-- line, in the file `google_trace_file`: {"us":microseconds,"dir":"out","jid":...,"name":...,
-- "id":...} and, in mode "full", "xml". A line is in the file before its stanza is on the wire.

module:set_global();

local filters = require "util.filters";
local json = require "util.json";
local now = require "util.time".now;

local state = module:shared("/*/google/trace");
state.mode = state.mode or module:get_option_string("google_trace", "off");

local file;

local function write(session, dir, stanza)
	if state.mode == "off" or not stanza.attr then return; end
	if not file then
		file = assert(io.open(module:get_option_string("google_trace_file"), "a"));
		file:setvbuf("full");
	end
	-- by hand: the encoder keeps 14 digits, microseconds of today have 16
	local us = ("%d"):format(math.floor(now() * 1000000));
	file:write('{"us":', us, ",", json.encode({
		dir = dir; name = stanza.name; id = stanza.attr.id; type = stanza.attr.type;
		jid = session.full_jid or session.username and session.username.."@"..session.host;
		from = stanza.attr.from; to = stanza.attr.to;
		xml = state.mode == "full" and tostring(stanza) or nil;
	}):sub(2), "\n");
	file:flush();
end

local function filter_out(stanza, session)
	write(session, "out", stanza);
	return stanza;
end

local function filter_in(stanza, session)
	write(session, "in", stanza);
	return stanza;
end

local function add_filters(session)
	if session.type and session.type:sub(1, 3) == "c2s" then
		filters.add_filter(session, "stanzas/out", filter_out, -1000);
		filters.add_filter(session, "stanzas/in", filter_in, 1000);
	end
end

function module.load() filters.add_filter_hook(add_filters); end
function module.unload() filters.remove_filter_hook(add_filters); end
