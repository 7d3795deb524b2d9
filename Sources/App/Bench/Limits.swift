/// Every limit of this module, with its unit.
package enum BenchLimits {}
