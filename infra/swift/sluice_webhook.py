"""Tells Sluice's gateway of every object that is put into OpenStack Swift.

A filter of the proxy's pipeline. What it is to say is written to a spool folder
before the client's PUT is answered, and sent by a green thread until the gateway
takes it; see README.md for the settings and for where it must stand.
"""

import fcntl
import fnmatch
import hashlib
import hmac
import itertools
import json
import os
import re
import time
from datetime import datetime, timezone
from urllib.parse import quote, urlsplit

import eventlet
from eventlet import tpool
from eventlet.green.http import client as http
from swift.common.http import is_success
from swift.common.request_helpers import get_sys_meta_prefix
from swift.common.swob import HTTPBadRequest, HTTPForbidden, Request, wsgi_to_str
from swift.common.utils import close_if_possible, config_true_value, get_logger
from swift.proxy.controllers.base import get_container_info

HEADER = 'X-Webhook'
REMOVE_HEADER = 'X-Remove-Webhook'
SYSMETA = 'sluice-webhook'
SYSMETA_HEADER = get_sys_meta_prefix('container') + SYSMETA

# Files younger than this may be in the hands of the proxy process that wrote them.
GRACE_SECONDS = 5
BATCH = 500


class Spool(object):
    """Letters on disk, one file each, oldest first by name; shared by all proxy processes of a machine."""

    def __init__(self, folder):
        self.folder = folder
        self.numbers = itertools.count()
        self.lock_file = None
        os.makedirs(folder, mode=0o700, exist_ok=True)

    def add(self, letter):
        name = '%020d-%d-%06d.json' % (time.time_ns(), os.getpid(), next(self.numbers))
        tpool.execute(self._write, name, json.dumps(letter).encode('utf-8'))
        return name

    def _write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path + '.new', 'wb') as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        os.rename(path + '.new', path)

    def read(self, name):
        """None where another process has sent it already, or where nobody ever can."""
        path = os.path.join(self.folder, name)
        try:
            with open(path, 'rb') as letter:
                return json.loads(letter.read())
        except FileNotFoundError:
            return None
        except ValueError:
            os.rename(path, path + '.unreadable')
            return None

    def remove(self, name):
        try:
            os.unlink(os.path.join(self.folder, name))
        except FileNotFoundError:
            pass

    def waiting(self):
        oldest = time.time_ns() - GRACE_SECONDS * 10 ** 9
        names = sorted(name for name in os.listdir(self.folder) if name.endswith('.json'))
        return [name for name in names if int(name.split('-', 1)[0]) < oldest][:BATCH]

    def lock(self):
        """One process at a time goes through the backlog. Not flock: that one is inherited by forked workers."""
        if self.lock_file is None:
            self.lock_file = open(os.path.join(self.folder, 'lock'), 'a')
        try:
            fcntl.lockf(self.lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError:
            return False


class Courier(object):
    """Sends letters: a new one at once, those that could not be sent later, for as long as it takes."""

    def __init__(self, spool, secret, timeout, longest_pause, logger):
        self.spool = spool
        self.secret = secret
        self.timeout = timeout
        self.longest_pause = longest_pause
        self.logger = logger
        self.away = False
        self.pool = eventlet.GreenPool(8)

    def start(self):
        eventlet.spawn(self._work_off)

    def soon(self, name):
        # While the gateway is away, the backlog alone asks whether it is back.
        if not self.away and self.pool.free() > 0:
            self.pool.spawn_n(self._send, name)

    def _work_off(self):
        pause = 1
        while True:
            eventlet.sleep(pause)
            try:
                idle = self._backlog() if self.spool.lock() else self._leave_backlog()
            except Exception:
                self.logger.exception('Sluice webhook: the spool %s cannot be worked off', self.spool.folder)
                idle = False
            pause = 1 if idle else min(pause * 2, self.longest_pause)

    def _backlog(self):
        """False where something had to stay."""
        names = tpool.execute(self.spool.waiting)
        stayed = False
        for name in names:
            stayed = not self._send(name) or stayed
            if self.away:
                return False
        # With nothing waiting, the next new letter finds out.
        self.away = False
        return not stayed

    def _leave_backlog(self):
        """Another process has it; this one finds out with its next letter whether the gateway is back."""
        self.away = False
        return True

    def _send(self, name):
        letter = self.spool.read(name)
        if letter is None:
            return True
        try:
            with eventlet.Timeout(self.timeout):
                status = self._post(letter['url'], letter['body'].encode('utf-8'))
        except (Exception, eventlet.Timeout) as error:
            self.away = True
            self.logger.warning('Sluice webhook: %s cannot be reached (%s); it is tried again', letter['url'], error)
            return False
        self.away = status >= 500 or status == 429
        if is_success(status):
            self.spool.remove(name)
            return True
        self.logger.warning('Sluice webhook: %s answered %d; it is tried again', letter['url'], status)
        return False

    def _post(self, url, body):
        target = urlsplit(url)
        connect = http.HTTPSConnection if target.scheme == 'https' else http.HTTPConnection
        connection = connect(target.hostname, target.port, timeout=self.timeout)
        now = str(int(time.time()))
        signature = hmac.new(self.secret, now.encode('ascii') + b'.' + body, hashlib.sha256).hexdigest()
        headers = {
            'Content-Type': 'application/json',
            'Sluice-Timestamp': now,
            'Sluice-Signature': 'sha256=' + signature,
        }
        path = (target.path or '/') + ('?' + target.query if target.query else '')
        try:
            connection.request('POST', path, body, headers)
            response = connection.getresponse()
            response.read(65536)
            return response.status
        finally:
            connection.close()


class Counted(object):
    """The client's body, with the number of bytes that went through: uploads in chunks do not say their size."""

    def __init__(self, body):
        self.body = body
        self.size = 0

    def read(self, *args, **kwargs):
        return self._seen(self.body.read(*args, **kwargs))

    def readline(self, *args, **kwargs):
        return self._seen(self.body.readline(*args, **kwargs))

    def _seen(self, chunk):
        self.size += len(chunk)
        return chunk

    def __getattr__(self, name):
        return getattr(self.body, name)


class SluiceWebhook(object):
    def __init__(self, app, conf):
        self.app = app
        self.logger = get_logger(conf, log_route='sluice_webhook')
        self.gateway = conf.get('gateway', 'http://127.0.0.1:8080').rstrip('/')
        self.allowed = patterns(conf.get('allowed_urls', ''))
        self.containers = patterns(conf.get('containers', ''))
        self.ignored = patterns(conf.get('ignored_containers', '*_segments, *+segments, .*'))
        self.spool = Spool(conf.get('spool', '/var/spool/sluice-webhook'))
        self.courier = Courier(
            self.spool, read_secret(conf), float(conf.get('timeout', 5)),
            float(conf.get('longest_pause', 30)), self.logger)
        self.courier.start()

    def __call__(self, env, start_response):
        req = Request(env)
        try:
            _version, account, container, obj = req.split_path(2, 4, True)
        except ValueError:
            return self.app(env, start_response)
        if obj and req.method == 'PUT':
            return self.put_object(req, (account, container, obj), start_response)
        if container and not obj:
            return self.on_container(req)(env, start_response)
        return self.app(env, start_response)

    # Containers: who may subscribe, and to what.

    def on_container(self, req):
        if req.method in ('PUT', 'POST') and (HEADER in req.headers or REMOVE_HEADER in req.headers):
            refusal = self.subscribe(req)
            if refusal is not None:
                return refusal
        response = req.get_response(self.app)
        # Like every secure header: for the eyes of owners only.
        if req.method in ('GET', 'HEAD') and response.headers.get(SYSMETA_HEADER) and owns(req):
            response.headers[HEADER] = response.headers[SYSMETA_HEADER]
        return response

    def subscribe(self, req):
        authorize = req.environ.get('swift.authorize')
        if authorize is not None:
            refusal = authorize(req)
            if refusal is not None:
                return refusal
        if not owns(req):
            return HTTPForbidden(request=req, body='Only an owner of the account may set %s.\n' % HEADER)
        removes = config_true_value(req.headers.pop(REMOVE_HEADER, ''))
        wish = wsgi_to_str(req.headers.pop(HEADER, '')).strip()
        if removes or not wish:
            req.headers[SYSMETA_HEADER] = ''
        elif wish.lower() in ('on', 'off'):
            req.headers[SYSMETA_HEADER] = wish.lower()
        elif matches(wish, self.allowed):
            req.headers[SYSMETA_HEADER] = wish
        else:
            return HTTPBadRequest(request=req, content_type='text/plain', body=(
                '%s must be "on", "off" or an address that allowed_urls of this cluster names.\n' % HEADER))
        return None

    def target(self, env, account, container):
        """Where the news of this container go; None: nowhere."""
        if matches(container, self.ignored):
            return None
        info = get_container_info(env, self.app, swift_source='SLW')
        wish = info.get('sysmeta', {}).get(SYSMETA, '')
        if not wish:
            wish = 'on' if matches(container, self.containers) or matches(account + '/' + container, self.containers) else 'off'
        if wish == 'off':
            return None
        if wish == 'on':
            return '%s/webhooks/swift/%s/%s' % (self.gateway, quote(account, safe=''), quote(container, safe=''))
        return wish if matches(wish, self.allowed) else None

    # Objects: what is said of them.

    def put_object(self, req, names, start_response):
        counted = None
        if req.content_length is None:
            counted = req.environ['wsgi.input'] = Counted(req.environ['wsgi.input'])
        response = req.get_response(self.app)

        def announce():
            self.announce(req, [wsgi_to_str(name) for name in names], response.headers.get('Etag'), counted)

        # A manifest put with `heartbeat=on` is accepted first; how it went is said at the end of the answer.
        heartbeat = response.status_int == 202
        if response.is_success and not heartbeat:
            announce()
        answer = response(req.environ, start_response)
        return when_created(answer, announce) if heartbeat else answer

    def announce(self, req, names, etag, counted):
        """Whatever goes wrong here, the object is stored, and its client is told so."""
        try:
            account, container, obj = names
            url = self.target(req.environ, account, container)
            if url is None:
                return
            body = json.dumps({
                'event': 'PUT',
                'account': account,
                'container': container,
                'object': obj,
                'etag': (etag or '').strip('"') or None,
                'size': size_of(req, counted),
                'content_type': content_type_of(req),
                'timestamp': time_of(req),
                'user': user_of(req),
            })
            self.courier.soon(self.spool.add({'url': url, 'body': body}))
        except Exception:
            self.logger.exception('Sluice webhook: the arrival of %s is lost to the gateway until it reconciles', '/'.join(names))


def when_created(answer, then):
    tail = b''
    try:
        for chunk in answer:
            tail = (tail + chunk)[-4096:]
            yield chunk
    finally:
        close_if_possible(answer)
    if re.search(rb'Response Status"?\s*:\s*"?201', tail):
        then()


def size_of(req, counted):
    """None where only the store can tell: the segments of a dynamic large object may change at any time."""
    if req.headers.get('X-Object-Manifest'):
        return None
    static = req.headers.get('X-Object-Sysmeta-Slo-Size')
    if static is not None:
        return int(static)
    return counted.size if counted is not None else req.content_length


def content_type_of(req):
    """As it is stored: the proxy has filled in what the client left out."""
    value = wsgi_to_str(req.environ.get('CONTENT_TYPE') or '')
    return re.sub(r'\s*;\s*swift_bytes=\d+', '', value) or None


def time_of(req):
    seconds = float(req.headers.get('X-Timestamp') or time.time())
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def user_of(req):
    """Keystone's name, else the `account:user` among the groups that tempauth leaves behind."""
    groups = (req.environ.get('REMOTE_USER') or '').split(',')
    user = next((group for group in groups if ':' in group), groups[0])
    return wsgi_to_str(req.environ.get('HTTP_X_USER_NAME') or user) or None


def owns(req):
    return req.environ.get('swift.authorize') is None or bool(req.environ.get('swift_owner'))


def patterns(text):
    return [entry.strip() for entry in text.split(',') if entry.strip()]


def matches(text, globs):
    return any(fnmatch.fnmatchcase(text, glob) for glob in globs)


def read_secret(conf):
    secret = conf.get('secret', '')
    if conf.get('secret_file'):
        with open(conf['secret_file']) as secret_file:
            secret = secret_file.read().strip()
    if not secret:
        raise ValueError('[filter:sluice_webhook] has neither secret nor secret_file: '
                         'give it one of the secrets in SLUICE_WEBHOOK_SECRETS of the gateway')
    return secret.encode('utf-8')


def filter_factory(global_conf, **local_conf):
    conf = dict(global_conf, **local_conf)
    return lambda app: SluiceWebhook(app, conf)
