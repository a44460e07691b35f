/** The SQLite store passes the conformance suite of the store port. */
import { storeConformance } from '../../conformance/store.ts';
import { sqliteFixture } from '../support/sqlite-fixture.ts';

storeConformance('the SQLite store', sqliteFixture);
