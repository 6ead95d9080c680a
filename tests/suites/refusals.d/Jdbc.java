/*
 * Jdbc.java: reads: all that DatabaseMetaData can be asked, and rows of each table;
 * writes: what a program would change.
 */
import java.sql.*;

class Jdbc {
	interface Ask { ResultSet ask() throws SQLException; }

	static void said(String label, Ask ask) {
		System.out.println("== " + label);
		try (ResultSet rows = ask.ask()) {
			if (rows == null)
				return;
			int n = rows.getMetaData().getColumnCount();
			for (int i = 1; i <= n; i++)
				System.out.print(rows.getMetaData().getColumnName(i) + ":" + rows.getMetaData().getColumnTypeName(i) + "|");
			System.out.println();
			while (rows.next()) {
				for (int i = 1; i <= n; i++)
					System.out.print(rows.getString(i) + "|");
				System.out.println();
			}
		} catch (SQLException e) {
			System.out.println(e.getSQLState() + " " + e.getMessage());
		}
	}

	static void reads(Connection c) throws SQLException {
		DatabaseMetaData m = c.getMetaData();
		said("product", () -> c.createStatement().executeQuery("select '" + m.getDatabaseProductVersion() + m.getMaxColumnNameLength() + m.getDefaultTransactionIsolation() + "'"));
		said("keywords", () -> c.createStatement().executeQuery("select length('" + m.getSQLKeywords() + "')"));
		said("getCatalogs", m::getCatalogs);
		said("getSchemas", m::getSchemas);
		said("getSchemas s%", () -> m.getSchemas(null, "s%"));
		said("getTableTypes", m::getTableTypes);
		said("getTypeInfo", m::getTypeInfo);
		said("getClientInfoProperties", m::getClientInfoProperties);
		said("getTables", () -> m.getTables(null, null, "%", null));
		said("getTables kinds", () -> m.getTables(null, "store", "%", new String[] {"TABLE", "VIEW", "MATERIALIZED VIEW", "PARTITIONED TABLE", "FOREIGN TABLE", "SEQUENCE", "INDEX", "TYPE"}));
		said("getColumns", () -> m.getColumns(null, "store", "%", "%"));
		said("getColumns all", () -> m.getColumns(null, null, "%", "%"));
		said("getColumnPrivileges", () -> m.getColumnPrivileges(null, "store", "supplier", "%"));
		said("getTablePrivileges", () -> m.getTablePrivileges(null, "store", "%"));
		said("getProcedures", () -> m.getProcedures(null, "store", "%"));
		said("getProcedureColumns", () -> m.getProcedureColumns(null, "store", "%", "%"));
		said("getFunctions", () -> m.getFunctions(null, "store", "%"));
		said("getFunctionColumns", () -> m.getFunctionColumns(null, "store", "%", "%"));
		said("getUDTs", () -> m.getUDTs(null, "store", "%", null));
		for (String table : new String[] {"supplier", "part", "part_one", "booking", "rated"}) {
			said("getPrimaryKeys " + table, () -> m.getPrimaryKeys(null, "store", table));
			said("getImportedKeys " + table, () -> m.getImportedKeys(null, "store", table));
			said("getExportedKeys " + table, () -> m.getExportedKeys(null, "store", table));
			said("getIndexInfo " + table, () -> m.getIndexInfo(null, "store", table, false, true));
			said("getBestRowIdentifier " + table, () -> m.getBestRowIdentifier(null, "store", table, 2, true));
			said("getVersionColumns " + table, () -> m.getVersionColumns(null, "store", table));
			said("rows of " + table, () -> c.createStatement().executeQuery("select * from store." + table + " order by 1 limit 5"));
		}
		said("getCrossReference", () -> m.getCrossReference(null, "store", "supplier", null, "store", "part"));
		PreparedStatement p = c.prepareStatement("select name, rating, made from store.supplier where id = ?");
		for (int i = 1; i < 9; i++) {
			p.setInt(1, i);
			said("prepared " + i, p::executeQuery);
		}
		said("parameters", () -> c.createStatement().executeQuery("select '" + get(p) + "'"));
		c.setAutoCommit(false);
		Statement s = c.createStatement();
		s.setFetchSize(7);
		said("fetched", () -> s.executeQuery("select * from store.part order by id"));
		said("savepoint", () -> { c.rollback(c.setSavepoint()); return null; });
		c.commit();
		c.setReadOnly(true);
		said("read only", () -> c.createStatement().executeQuery("select count(*) from store.part"));
		c.commit();
		said("array", () -> c.createArrayOf("text", new Object[] {"a", "b"}).getResultSet());
	}

	static String get(PreparedStatement p) throws SQLException {
		return p.getParameterMetaData().getParameterTypeName(1) + p.getMetaData().getTableName(1);
	}

	static void change(Connection c, String sql) {
		said(sql, () -> { c.createStatement().execute(sql); return null; });
	}

	public static void main(String[] words) throws SQLException {
		String host = System.getenv("PGHOST"), port = System.getenv("PGPORT");
		java.util.Properties p = new java.util.Properties();
		p.setProperty("user", System.getenv("PGUSER"));
		p.setProperty("password", System.getenv("PGPASSWORD"));
		p.setProperty("sslmode", "disable");
		try (Connection c = DriverManager.getConnection("jdbc:postgresql://" + host + ":" + port + "/shop", p)) {
			if (words[0].equals("reads")) {
				reads(c);
			} else {
				change(c, "create table store.more (a int)");
				change(c, "drop table store.scratch");
				change(c, "{call store.tidy(1)}");
			}
		}
	}
}
