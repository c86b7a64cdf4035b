-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- Who is off the record with whom (google:nosave), and the marks that say so in messages. The state
-- is a pair's, whichever of the two changed it; it is in the shared table `nosave`, keyed by the pair,
-- and holds false for pairs that went back.

local google = module:require "google";
local jid_bare = require "util.jid".bare;

local data = google.data;
data.nosave = data.nosave or {};

local xmlns_nosave = "google:nosave";
local xmlns_archive = "http://jabber.org/protocol/archive";

local record = { xmlns = xmlns_nosave };

local function key(one, other)
	if other < one then one, other = other, one; end
	return one.."\n"..other;
end

-- true: off the record, false: back on it, nil: never touched
function record.get(one, other)
	return data.nosave[key(one, other)];
end

-- Returns whether that changed anything.
function record.set(one, other, off)
	local before = record.get(one, other) or false;
	data.nosave[key(one, other)] = off;
	return before ~= off;
end

-- { other = off } of everybody with whom `bare` ever was off the record
function record.list(bare)
	local found = {};
	for pair, off in pairs(data.nosave) do
		local one, other = pair:match("^(.*)\n(.*)$");
		if one == bare then found[other] = off; end
		if other == bare then found[one] = off; end
	end
	return found;
end

local function keeps_nothing(bare)
	local account = data.accounts[bare];
	return account and account.settings and account.settings.archivingenabled == false;
end

-- Whether what these two write may not be kept: by the pair, or because one of them keeps no chats.
function record.is_off(one, other)
	return record.get(one, other) or keeps_nothing(one) or keeps_nothing(other) or false;
end

function record.of_stanza(stanza)
	local from, to = stanza.attr.from, stanza.attr.to or stanza.attr.from;
	if not from then return false; end
	return record.is_off(jid_bare(from), jid_bare(to));
end

-- What a client claims: "enabled", "disabled" or nil.
function record.claim(stanza)
	local mark = stanza:get_child("x", xmlns_nosave);
	return mark and mark.attr.value;
end

-- Takes every mark out of the stanza and puts the true ones in.
function record.mark(stanza, off)
	stanza:maptags(function (tag)
		if tag.name == "x" and tag.attr.xmlns == xmlns_nosave
		or tag.name == "record" and tag.attr.xmlns == xmlns_archive then
			return nil;
		end
		return tag;
	end);
	stanza:reset():tag("x", { xmlns = xmlns_nosave; value = off and "enabled" or "disabled" }):up();
	stanza:tag("record", { xmlns = xmlns_archive; otr = off and "true" or "false" }):up();
end

return record;
