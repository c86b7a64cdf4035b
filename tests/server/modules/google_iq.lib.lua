-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- What every Google extension that lives in <iq> needs: requests to the own account, answers with the
-- `from` that the switch `reply-from` says, pushes that have to be answered, and state by account
-- and by session. A module of an extension is, in short:
--
--     local iq = module:require "google_iq";
--     iq.provide {
--         feature = "google:example"; xmlns = "google:example"; tag = "query";
--         get = function (request) return st.stanza("query", { xmlns = "google:example" }); end;
--         set = function (request) iq.push(session, payload); end;
--     };
--     iq.operation("example", function (request) return { ... }; end);
--
-- Replies that are lost, late, doubled, forged or errors are not the module's business: see
-- mod_google_replies.lua. Answers to pushes are noted by mod_google_pushes.lua.

local google = module:require "google";
local st = require "util.stanza";
local now = require "util.time".now;
local new_id = require "util.id".short;

local host = module.host;
local operations = module:shared("/*/google/operations");
local pushes = module:shared("/*/google/pushes");
pushes.list = pushes.list or {};

local PUSHES_MAX = 1000; -- what a test looks at, and an end to memory

local iq = {};

-- Whether the host of the session says that it has `feature`.
function iq.offers(domain, feature)
	if not google.switch(domain, "google") then return false; end
	for _, known in ipairs(google.switch(domain, "features")) do
		if known == feature then return true; end
	end
	return false;
end

-- The account's record under its bare JID, made when first asked for.
function iq.account(session)
	return google.ensure_account(session.username.."@"..session.host);
end

-- The session's own record: flags like "subscribed to mail".
function iq.state(session)
	session.google = session.google or {};
	return session.google;
end

-- All sessions of an account, in no order: iq.sessions("ann@talk.example").
function iq.sessions(jid)
	local account = prosody.bare_sessions[jid];
	local found = { prosody.full_sessions[jid] };
	for _, session in pairs(account and account.sessions or {}) do found[#found + 1] = session; end
	return found;
end

local function reply_from(session)
	local how = google.switch(session.host, "reply-from");
	if how == "none" then return nil; end
	if how == "domain" then return session.host; end
	return session.username.."@"..session.host;
end

local function answer(event, payload, condition, kind, text)
	local session, stanza = event.origin, event.stanza;
	local reply;
	if payload then
		reply = st.reply(stanza);
		if payload ~= true then reply:add_child(payload); end
	else
		reply = st.error_reply(stanza, kind or "cancel", condition, text);
	end
	reply.attr.from = reply_from(session);
	reply.attr.to = session.full_jid;
	session.send(reply);
	return true;
end

-- feature: served while the switch `features` names it, refused like anything unknown otherwise.
-- get, set: called with { session, stanza, payload, account }. They return true for an empty
-- result, a stanza for its payload, or nil, condition, type, text for an error. A missing one is
-- refused with feature-not-implemented.
function iq.provide(what)
	local function handle(event)
		local session, stanza = event.origin, event.stanza;
		if not session.username or not iq.offers(host, what.feature) then return; end
		local handler = what[stanza.attr.type];
		if not handler then return answer(event, nil, "feature-not-implemented"); end
		return answer(event, handler({
			session = session; stanza = stanza; payload = stanza.tags[1];
			account = iq.account(session);
		}));
	end
	module:hook("iq/self/"..what.xmlns..":"..what.tag, handle, 10);
end

-- Sends <iq type='set'> with `payload` to one session and notes it as pending. options: from (a JID,
-- "none", or by default the own bare JID), kind (a word for tests), id. Returns the id.
function iq.push(session, payload, options)
	options = options or {};
	local from = options.from or session.username.."@"..session.host;
	local id = options.id or "srv-"..new_id();
	local list = pushes.list;
	list[#list + 1] = { id = id; jid = session.full_jid; time = now(); answer = false;
		kind = options.kind or payload.attr.xmlns;
		timeout = google.switch(session.host, "push-timeout-s") };
	if #list > PUSHES_MAX then table.remove(list, 1); end
	session.send(st.stanza("iq", { type = "set"; id = id; to = session.full_jid;
		from = from ~= "none" and from or nil }):add_child(payload));
	return id;
end

-- A new operation of the control port; `run` is as in mod_google_control.lua. It is called for the
-- whole server, whichever host registered it last.
function iq.operation(name, run)
	operations[name] = run;
end

return iq;
