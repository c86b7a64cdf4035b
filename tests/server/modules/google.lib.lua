-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What the Google side knows: switches by domain, accounts with their tokens, and what was seen.
-- Every module asks this library; the data is one shared table, filled by mod_google_control at
-- start and changed by it at run time. A new extension adds its fields to the account (settings,
-- mail, shared status, ...) and its switches to the table below.

local data = module:shared("/*/google/data");
local now = require "util.time".now;
local nodeprep = require "util.encodings".stringprep.nodeprep;

data.switches = data.switches or {};
data.accounts = data.accounts or {};
data.auths = data.auths or {};

local AUTHS_MAX = 20000; -- what a long benchmark signs in, and an end to memory

local OAUTH_SCOPE = "https://www.googleapis.com/auth/googletalk";

-- name = { default, check }
local function is_boolean(v) return type(v) == "boolean"; end
local function is_text(v) return type(v) == "string"; end
local function is_count(v) return type(v) == "number" and v >= 0 and v % 1 == 0; end
local function is_list(v) return type(v) == "table"; end

local STAGES = { header = true, starttls = true, proceed = true, secure = true, auth = true,
	authenticated = true, bind = true, session = true, roster = true };
local function is_fault(v)
	if v == "none" then return true; end
	local what, stage = tostring(v):match("^(%a+)@(%a+)$");
	return (what == "close" or what == "silent") and STAGES[stage] ~= nil;
end

local function is_reply_from(v) return v == "bare" or v == "none" or v == "domain"; end

local defaults = {
	-- off: none of the Google habits, a plain server
	["google"] = { true, is_boolean };
	["mechanisms"] = { { "PLAIN", "SCRAM-SHA-1", "X-GOOGLE-TOKEN", "X-OAUTH2", "OAUTHBEARER" }, is_list };
	-- sign-in attempts on one stream before it is closed; 0: as many as one likes
	["auth-attempts"] = { 1, is_count };
	-- under an alias domain: refuse without client-uses-full-bind-result
	["require-ga"] = { false, is_boolean };
	-- refuse whoever sends it
	["dislike-ga"] = { false, is_boolean };
	["resource-suffix"] = { true, is_boolean };
	["identity-name"] = { "Google Talk", is_text };
	["features"] = { {
		"google:jingleinfo", "google:roster", "google:nosave", "google:setting",
		"google:shared-status", "http://jabber.org/protocol/archive#otr",
		"http://jabber.org/protocol/archive#save", "google:mail:notify", "google:queue",
		"http://jabber.org/protocol/rosterx",
	}, is_list };
	-- "error" (501) or "list"
	["disco-items"] = { "error", function (v) return v == "error" or v == "list"; end };
	-- "none", "close@STAGE" or "silent@STAGE": what happens to streams that get there
	["fault"] = { "none", is_fault };
	-- whom replies to the account's own requests name as sender: "bare", "none" or "domain"
	["reply-from"] = { "bare", is_reply_from };
	-- how long a client may take to answer a push before it counts as overdue
	["push-timeout-s"] = { 10, is_count };
	-- settings: what a push carries ("changed" or "all"), whether the setter gets it too, whether the
	-- four that Google kept to itself can be set
	["settings-push"] = { "changed", function (v) return v == "changed" or v == "all"; end };
	["settings-echo"] = { false, is_boolean };
	["settings-writable"] = { false, is_boolean };
	-- off the record: what becomes of marks that a client sets, who gets a push ("subscribed": who
	-- asked for the list, or "all"), whether the other side does too, whether it says who did it
	["nosave-client-marks"] = { "overwrite", function (v) return v == "overwrite" or v == "honour"; end };
	["nosave-push"] = { "subscribed", function (v) return v == "subscribed" or v == "all"; end };
	["nosave-push-peer"] = { true, is_boolean };
	["nosave-push-source"] = { true, is_boolean };
	-- messages to who is away: kept unless off the record ("history"), "always" or "never"
	["offline-store"] = { "history", function (v)
		return v == "history" or v == "always" or v == "never"; end };
	-- messages of those who are not on the roster: "bounce" or "deliver"
	["strangers"] = { "bounce", function (v) return v == "bounce" or v == "deliver"; end };
	-- mail: threads in one result, silence after a push, time until a new thread can be seen
	["mail-cap"] = { 30, is_count };
	["mail-quiet-s"] = { 60, is_count };
	["mail-delay-ms"] = { 0, is_count };
	-- roster: people from the address book in the roster of who asks for the extension, and of who
	-- does not; the pushes of a new subscription back and forth
	["roster-addressbook"] = { true, is_boolean };
	["roster-addressbook-plain"] = { false, is_boolean };
	["roster-flicker"] = { false, is_boolean };
	-- every set is refused
	["roster-frozen"] = { false, is_boolean };
	-- group chats: conflicts told twice, nobody from elsewhere, nobody whose client cannot do it
	["muc-double-conflict"] = { true, is_boolean };
	["muc-local-only"] = { true, is_boolean };
	["muc-need-pmuc"] = { true, is_boolean };
	["mail-url"] = { "http://mail.google.com/mail", is_text };
	-- how long each page of the archive takes
	["archive-delay-ms"] = { 0, is_count };
	-- shared status: limits, what is done with a longer text ("cut", "refuse", "accept"), the lowest
	-- version ("computed" or a number)
	["status-max"] = { 512, is_count };
	["status-overflow"] = { "cut", function (v) return v == "cut" or v == "refuse" or v == "accept"; end };
	["status-list-max"] = { 3, is_count };
	["status-list-contents-max"] = { 5, is_count };
	["status-min-ver"] = { "computed", function (v) return v == "computed" or is_count(v); end };
	-- an empty result instead of a document; a push to the setter too; lists that a SET leaves out
	-- ("keep", "wipe"); invisible where a session cannot ("busy", "refuse")
	["shared-empty-reply"] = { false, is_boolean };
	["shared-echo"] = { false, is_boolean };
	["shared-set-without-lists"] = { "keep", function (v) return v == "keep" or v == "wipe"; end };
	["shared-invisible"] = { "busy", function (v) return v == "busy" or v == "refuse"; end };
	-- presence queueing: how many wait, white space while enabled, whether a message brings its
	-- sender's presence along, whether it is refused although announced
	["queue-limit"] = { 100, is_count };
	["queue-keepalive-s"] = { 1800, is_count };
	["queue-flush-on-message"] = { true, is_boolean };
	["queue-refuse"] = { false, is_boolean };
};

local google = { data = data, scope = OAUTH_SCOPE };

function google.check_switch(name, value)
	local known = defaults[name];
	if not known then return nil, "no such switch: "..tostring(name); end
	if not known[2](value) then return nil, "not a value of "..name; end
	return true;
end

function google.set_switch(domain, name, value)
	local ok, err = google.check_switch(name, value);
	if not ok then return nil, err; end
	data.switches[domain] = data.switches[domain] or {};
	data.switches[domain][name] = value;
	return true;
end

-- The domain's own value, else that of "*", else the default.
function google.switch(domain, name)
	local own, all = data.switches[domain], data.switches["*"];
	if own and own[name] ~= nil then return own[name]; end
	if all and all[name] ~= nil then return all[name]; end
	return defaults[name][1];
end

function google.switches(domain)
	local all = {};
	for name in pairs(defaults) do all[name] = google.switch(domain, name); end
	return all;
end

-- The domain whose accounts sign in here.
function google.canonical(domain)
	return module:context(domain):get_option_string("google_canonical", domain);
end

function google.account(username, domain)
	return data.accounts[username.."@"..google.canonical(domain)];
end

function google.ensure_account(jid)
	local account = data.accounts[jid];
	if not account then
		account = { jid = jid, tokens = {}, locked = false };
		data.accounts[jid] = account;
	end
	return account;
end

-- kind: "google" or "oauth"
function google.add_token(jid, value, kind, lifetime, scope, once)
	google.ensure_account(jid).tokens[value] = {
		kind = kind; expires = lifetime and now() + lifetime or nil;
		scope = scope or OAUTH_SCOPE; once = once or false; used = false;
	};
end

-- nil if the token is good (and spends it), else what is wrong with it.
function google.spend_token(account, value, kind)
	local token = account and account.tokens[value];
	if not token or token.kind ~= kind then return "invalid_token"; end
	if token.expires and token.expires <= now() then return "invalid_token"; end
	if kind == "oauth" and token.scope ~= OAUTH_SCOPE then return "insufficient_scope"; end
	if token.once and token.used then return "invalid_token"; end
	token.used = true;
	return nil;
end

-- "ann" or "ann@some.domain", as Google took both.
function google.username(text)
	return nodeprep(text:match("^[^@]*"));
end

function google.record_auth(entry)
	entry.time = now();
	local auths = data.auths;
	auths[#auths + 1] = entry;
	if #auths > AUTHS_MAX then table.remove(auths, 1); end
	return entry;
end

return google;
