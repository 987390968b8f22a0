using System.Runtime.Intrinsics;
using Engine.Kernels.Functions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace Engine.Tests.Kernels;

public class PhiloxTests
{
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(
        0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void PublishedAnswersAreFound(
        uint c0, uint c1, uint c2, uint c3, uint key0, uint key1, uint word0, uint word1, uint word2, uint word3)
    {
        Philox.Block(ref c0, ref c1, ref c2, ref c3, key0, key1);
        Assert.Equal((word0, word1, word2, word3), (c0, c1, c2, c3));
    }

    [Property]
    public Property VectorsEqualScalars()
        => Prop.ForAll<uint[]>(seeds =>
        {
            var random = new Random(seeds.Length == 0 ? 0 : (int)seeds[0]);
            var lanes = new uint[6, 16];
            for (int i = 0; i < 6; i++)
            {
                for (int j = 0; j < 16; j++)
                    lanes[i, j] = i < seeds.Length ? seeds[i] + (uint)j : (uint)random.NextInt64(1L << 32);
            }

            uint[] Row(int i) => [.. Enumerable.Range(0, 16).Select(j => lanes[i, j])];
            Vector512<uint> c0 = Vector512.Create(Row(0)), c1 = Vector512.Create(Row(1)), c2 = Vector512.Create(Row(2));
            Vector512<uint> c3 = Vector512.Create(Row(3)), key0 = Vector512.Create(Row(4)), key1 = Vector512.Create(Row(5));
            Vector256<uint> d0 = c0.GetLower(), d1 = c1.GetLower(), d2 = c2.GetLower(), d3 = c3.GetLower();
            Vector128<uint> e0 = d0.GetLower(), e1 = d1.GetLower(), e2 = d2.GetLower(), e3 = d3.GetLower();
            var f0 = c0;
            Philox.Block(ref c0, ref c1, ref c2, ref c3, key0, key1);
            Philox.Block(ref d0, ref d1, ref d2, ref d3, key0.GetLower(), key1.GetLower());
            Philox.Block(ref e0, ref e1, ref e2, ref e3, key0.GetLower().GetLower(), key1.GetLower().GetLower());
            Philox.Block(ref f0, out var f1, out var f2, out var f3, lanes[1, 0], lanes[2, 0], lanes[3, 0], lanes[4, 0], lanes[5, 0]);
            for (int j = 0; j < 16; j++)
            {
                var (a, b, c, d) = (lanes[0, j], lanes[1, j], lanes[2, j], lanes[3, j]);
                Philox.Block(ref a, ref b, ref c, ref d, lanes[4, j], lanes[5, j]);
                Assert.Equal((a, b, c, d), (c0[j], c1[j], c2[j], c3[j]));
                if (j < 8)
                    Assert.Equal((a, b, c, d), (d0[j], d1[j], d2[j], d3[j]));
                if (j < 4)
                    Assert.Equal((a, b, c, d), (e0[j], e1[j], e2[j], e3[j]));
                (a, b, c, d) = (lanes[0, j], lanes[1, 0], lanes[2, 0], lanes[3, 0]);
                Philox.Block(ref a, ref b, ref c, ref d, lanes[4, 0], lanes[5, 0]);
                Assert.Equal((a, b, c, d), (f0[j], f1[j], f2[j], f3[j]));
            }
        });
}
