using System.Diagnostics;
using Engine.Bench.Workloads;
using Engine.Kernels;
using var device = Device.Open("cpu", args.Length > 0 ? int.Parse(args[0]) : 2);
foreach (var (s, n) in new[] { (256, 1), (256, 10), (2048, 10) })
{
    using var w = new MrpMetaWorkload(s, n, device);
    for (int i = 0; i < 40; i++) w.Run();
    var times = new List<double>();
    long before = GC.GetAllocatedBytesForCurrentThread();
    for (int i = 0; i < 30; i++) { var sw = Stopwatch.StartNew(); w.Run(); times.Add(sw.Elapsed.TotalMilliseconds); }
    long after = GC.GetAllocatedBytesForCurrentThread();
    times.Sort();
    Console.WriteLine($"s{s} n{n}: median {times[15]:F3} ms min {times[0]:F3}  {times[15]*1000/(s*n):F3} us/sim-step, alloc {(after-before)/30} B");
}
