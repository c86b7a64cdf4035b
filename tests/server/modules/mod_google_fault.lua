-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The switch `fault`: streams that reach a stage are cut or never hear anything again.
-- Stages in order: header, starttls, proceed, secure, auth, authenticated, bind, session, roster.

local google = module:require "google";

local host = module.host;

local function strike(session, stage)
	local what = google.switch(host, "fault"):match("^(%a+)@"..stage.."$");
	if not what then return; end
	module:log("info", "fault: %s at %s", what, stage);
	if what == "close" then
		session.conn:close();
	end
	function session.send() return true; end
	function session.rawsend() return true; end
	return true;
end

module:hook("stream-features", function (event)
	local session = event.origin;
	strike(session, session.username and "authenticated" or session.secure and "secure" or "header");
end, 2000);

module:hook("stanza/urn:ietf:params:xml:ns:xmpp-tls:starttls", function (event)
	local session = event.origin;
	if strike(session, "starttls") then return true; end
	if google.switch(host, "fault"):match("@proceed$") then
		session.send("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
		return strike(session, "proceed");
	end
end, 2000);

local function stage_of(event_name, stage)
	module:hook(event_name, function (event)
		return strike(event.origin, stage);
	end, 2000);
end

stage_of("stanza/urn:ietf:params:xml:ns:xmpp-sasl:auth", "auth");
stage_of("stanza/iq/urn:ietf:params:xml:ns:xmpp-bind:bind", "bind");
stage_of("iq/self/urn:ietf:params:xml:ns:xmpp-session:session", "session");
stage_of("iq/self/jabber:iq:roster:query", "roster");
