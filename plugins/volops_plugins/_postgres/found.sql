SELECT to_regclass('volops.marker') IS NOT NULL AS planted \gset
\if :planted
SELECT json_build_object('found', token) FROM volops.marker WHERE token = 'TOKEN';
\endif
